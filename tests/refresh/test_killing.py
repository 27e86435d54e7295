"""Killed at any moment, a refresh leaves nothing half: neither in warehouse and marts nor on disk."""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Mapping

import pytest

from tests.intake.files import incident, write_csv
from tests.raw_events import EVERY_EVENT
from tests.refresh.killing import PARTS, Heard, warm
from tests.refresh.running import Place

#: Each costs about a second. A hundred: REFRESH_KILLS=100 python -m pytest tests/refresh/test_killing.py
KILLS = int(os.environ.get("REFRESH_KILLS", "20"))
#: Other moments every time; a failing test prints it, and REFRESH_SEED gives the same ones again.
SEED = int(os.environ.get("REFRESH_SEED") or random.randrange(1_000_000))
#: Days before the first kill.
QUIET = 2
DAYS = QUIET + KILLS
ROWS = 25
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
    events = dict(place.query(f"select source_file, count(*) from {EVERY_EVENT} as event group by 1"))
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


class _Executioner:
    """Kills in one part of the course (of this file, where it is a file's), so long after it began."""

    def __init__(self, part: str, file: str, delay: float) -> None:
        self.part, self.file, self.delay = part, file, delay

    def __call__(self, heard: Heard) -> float | None:
        ours = heard.file == self.file or self.part in ("building", "publishing")
        return self.delay if heard.begins == self.part and ours else None


def _in_every_part(chance: random.Random, usual: Mapping[str, float]) -> list[tuple[str, float]]:
    """For each kill a part of the course and a delay, in no order: every part equally often, and once in each
    of as many stretches of it, so that a part that takes less than it took before is met all the same."""
    times = -(-KILLS // len(PARTS))
    kills = [(PARTS[n % len(PARTS)], n // len(PARTS)) for n in range(KILLS)]
    chance.shuffle(kills)
    return [(part, (stretch + chance.random()) / times * usual[part]) for part, stretch in kills]


@pytest.mark.timeout(900)
def test_killed_at_random_moments(
    place: Place, make_place: Callable[[], Place], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each day's refresh is killed at another moment of its course, and the next day's takes both."""
    print(f"REFRESH_SEED={SEED}")
    arrived: dict[str, int] = {}
    with warm(tmp_path_factory.mktemp("warm")) as python:
        # Two days that nobody disturbs: dbt parses in the first, both say how long things take.
        quiet = []
        for number in range(1, QUIET + 1):
            arrived |= dict.fromkeys(_day(place, number), 1)
            course = python.refresh(place)
            assert course.code == 0, course.output
            _assert_whole(place, arrived)
            quiet.append(course)
        usual = {part: min(course.seconds(part)[0] for course in quiet) for part in PARTS}

        ended_in: Counter[str | None] = Counter()
        for number, (part, delay) in enumerate(_in_every_part(random.Random(SEED), usual), start=QUIET + 1):
            names = _day(place, number)
            arrived |= dict.fromkeys(names, 1)
            course = python.refresh(place, _Executioner(part, names[0], delay))
            ended_in[course.last_part if course.code == -signal.SIGKILL else "not killed"] += 1
            _assert_whole(place, arrived)
        print(dict(ended_in), usual)
        assert ended_in["not killed"] <= KILLS // 4, ended_in
        # A move takes a millisecond or two, about as long as it takes to hear of it.
        seen = set(ended_in) | ({"moving"} if "between" in ended_in else set())
        assert KILLS < 20 or set(PARTS) <= seen, ended_in

        course = python.refresh(place)
        assert course.code in (0, 2), course.output
        _assert_whole(place, arrived)

        # The same files, loaded by one refresh that nobody disturbs: what must come out.
        undisturbed = make_place()
        for number in range(1, DAYS + 1):
            _day(undisturbed, number)
        assert python.refresh(undisturbed).code == 2
    assert [path.name for path in place.inbox.iterdir() if path.is_file()] == []
    for folder, count in (("done", DAYS), ("failed", DAYS // BROKEN)):
        files = {path.name for path in (place.inbox / folder).iterdir()}
        reports = {name for name in files if name.endswith(".report.json")}
        assert len(reports) == count
        assert files - reports == {name.removesuffix(".report.json") for name in reports}
    for mart, columns in _BUSINESS.items():
        question = f"select {columns} from {mart} order by 1, 2, 3, 4, 5"
        assert place.query(question) == undisturbed.query(question)
