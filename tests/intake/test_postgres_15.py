"""The whole of intake on the oldest server we run on, with roles that an administrator made."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from closedloop.intake import quarantine
from tests.intake.files import incident, stations, write_csv
from tests.intake.test_load import counts, load, query

pytestmark = pytest.mark.pg15


def test_versions_tombstones_events_quarantine_and_replay_work_on_postgres_15(debian_server, tmp_path):
    made = debian_server.fresh()
    settings = made.settings
    if settings.hash_key is None:
        settings = settings.model_copy(update={"hash_key": SecretStr("a key of this server")})
    load(stations(tmp_path / "stations.csv", "S01"), "stations", settings=settings)
    rows = [incident(1), incident(2), incident(3, received_at="soon")]
    report = load(write_csv(tmp_path / "a.csv", rows), settings=settings, extract="full")
    assert counts(report) == (3, 2, 0, 1, 0, 4)
    changed = [incident(1, dispatched_at=""), incident(3, received_at="soon")]
    report = load(write_csv(tmp_path / "b.csv", changed), settings=settings, extract="full")
    assert counts(report) == (2, 1, 0, 1, 1, 1)
    with made.connect("loader") as connection:
        (held,) = quarantine.held_rows(connection)
    mended = tmp_path / "mended.xlsx"
    quarantine.export_rows([held], mended)
    (replayed,) = quarantine.replay([held.quarantine_id], mended=mended, settings=settings)
    assert replayed.counts.quarantined == 1
    assert quarantine.discard([held.quarantine_id], settings=settings) == 1
    assert query(made, "select status from ops.quarantine") == [("discarded",)]
    debian_server.drop(made)
