"""Killed at any moment, a refresh leaves nothing half: neither in warehouse and marts nor on disk."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable

import pytest

from tests.intake.files import incident, write_csv
from tests.refresh.running import Place

#: Each costs about half a refresh. Twenty: REFRESH_KILLS=20 python -m pytest tests/refresh/test_killing.py
KILLS = int(os.environ.get("REFRESH_KILLS", "8"))
ROWS = 25
SEED = 20250425
#: Every so many days a file comes that cannot be loaded.
BROKEN = 4

_BUSINESS = {
    "marts.fct_incidents": "incident_id, station_id, received_at, initial_type, place_key",
    "marts.fct_item_events": "station_id, loop, item_id, stage, occurred_at",
}


def _day(place: Place, number: int) -> list[str]:
    """The files of a day: one that can be loaded, and on some days one that cannot. Their names."""
    names = [f"incidents_{number:02d}.csv"]
    write_csv(place.inbox / names[0], [incident(number * ROWS + row) for row in range(ROWS)])
    if number % BROKEN == 0:
        names.append(f"disputes_{number:02d}.csv")
        (place.inbox / names[1]).write_bytes(b"")
    return names


def _assert_whole(place: Place, arrived: dict[str, int]) -> None:
    assert dict(place.files()) == arrived, "every file is somewhere, once"

    loaded = dict(place.query("select source_file, count(*) from raw.incidents group by 1"))
    assert set(loaded.values()) <= {ROWS}, "a file is in the warehouse whole or not at all"
    events = dict(place.query("select source_file, count(*) from raw.loop_events group by 1"))
    assert events == dict.fromkeys(loaded, 2 * ROWS), "with the stage events drawn from it"

    published, known = place.query(
        "select build_id, last_batch_id from ops.builds where status = 'published' "
        "order by build_id desc limit 1"
    )[0]
    marts = place.query(
        "select build_id, last_batch_id, (select count(*) from marts.fct_incidents), "
        "(select count(*) from marts.fct_item_events) from marts.ops_status"
    )
    seen = place.query("select count(*) from raw.incidents where batch_id <= %s", known)[0][0]
    assert marts == [(published, known, seen, 2 * seen)], "what is published is one build, and whole"


@pytest.mark.timeout(900)
def test_killed_at_random_moments(place: Place, make_place: Callable[[], Place]) -> None:
    """Each day's refresh is killed at another moment of its course, and the next day's takes both."""
    # The same files, loaded by one refresh that nobody disturbs: how long it takes, and what must come out.
    undisturbed = make_place()
    for number in range(1, KILLS + 1):
        _day(undisturbed, number)
    began = time.monotonic()
    code, said = undisturbed.refresh()
    whole = time.monotonic() - began
    assert code == 2, said

    # One in each part of its course, in no order.
    chance = random.Random(SEED)
    moments = [(part + chance.random()) * whole / KILLS for part in range(KILLS)]
    chance.shuffle(moments)
    arrived: dict[str, int] = {}
    killed = 0
    for number, moment in enumerate(moments, start=1):
        arrived |= dict.fromkeys(_day(place, number), 1)
        killed += place.refresh_killed_after(moment)
        _assert_whole(place, arrived)
    assert killed >= KILLS // 2, f"of {KILLS} refreshes only {killed} were still running when killed"

    code, said = place.refresh()
    assert code in (0, 2), said
    _assert_whole(place, arrived)
    assert [path.name for path in place.inbox.iterdir() if path.is_file()] == []
    for folder, count in (("done", KILLS), ("failed", KILLS // BROKEN)):
        files = {path.name for path in (place.inbox / folder).iterdir()}
        reports = {name for name in files if name.endswith(".report.json")}
        assert len(reports) == count
        assert files - reports == {name.removesuffix(".report.json") for name in reports}
    for mart, columns in _BUSINESS.items():
        question = f"select {columns} from {mart} order by 1, 2, 3, 4, 5"
        assert place.query(question) == undisturbed.query(question)
