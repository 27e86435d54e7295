"""The first rows of an empty table go in before its indexes. Nobody can tell afterwards."""

from __future__ import annotations

import psycopg
import pytest

from closedloop import intake
from closedloop.intake import load
from closedloop.intake.store import filling
from tests.intake.files import incident, stations, write_csv
from tests.raw_events import EVERY_EVENT

CONTENT = "to_jsonb(kept) - 'batch_id' - 'loaded_at'"
INDEXES = "select indexdef from pg_indexes where schemaname = 'raw' order by 1"


def query(warehouse, statement, *values):
    with warehouse.connect("owner") as connection:
        return connection.execute(statement, values).fetchall()


def left_by(made):
    """What a load left: rows with their versions and lineage, indexes, the batch's counts."""
    relations = ("raw.incidents", "incident_id"), ("raw.tasks", "task_id"), (EVERY_EVENT, "event_id")
    rows = [
        query(made, f"select {CONTENT} from {relation} as kept order by {key}, version")
        for relation, key in relations
    ]
    batches = query(
        made,
        "select table_name, rows_read, rows_accepted, rows_unchanged, rows_quarantined, rows_retracted, "
        "rows_derived_events, warnings from ops.batches order by 1, 2",
    )
    held = query(made, 'select source_row, reasons, "row" from ops.quarantine order by 1')
    coverage = query(made, "select table_name, station_id, covers_until from ops.coverage order by 1, 2")
    return [*rows, batches, held, coverage, query(made, INDEXES)]


@pytest.fixture
def files(tmp_path):
    """Incidents of every kind a load tells apart, and tasks, whose loop decides their first stage."""
    rows = [incident(n, closed_at="2025-04-25 10:00:00" if n % 2 else "") for n in range(1, 8)]
    rows += [incident(2), incident(3, place="新街2号"), incident(9, received_at="soon"), incident(8, loop="")]
    tasks = [
        {"task_id": f"T{n}", "loop": loop, "opened_at": "2025-04-24 08:00:00"}
        for n, loop in enumerate(("hazard", "traffic_fine", "hazard"))
    ]
    first = write_csv(tmp_path / "a.csv", [{"loop": "", **row} for row in rows])
    changed = [{"loop": "", **row} for row in (incident(1, dispatched_at=""), incident(4))]
    return first, write_csv(tmp_path / "t.csv", tasks), write_csv(tmp_path / "b.csv", changed)


def loaded(files):
    first, tasks, changed = files
    intake.load_file("incidents", first, extract="full")
    intake.load_file("tasks", tasks)
    intake.load_file("incidents", first, extract="full")
    intake.load_file("incidents", changed)


def test_a_table_filled_before_its_indexes_is_the_one_filled_row_by_row(make_warehouse, monkeypatch, files):
    left = []
    for fewest in (1, filling.FEWEST):
        monkeypatch.setattr(filling, "FEWEST", fewest)
        made = make_warehouse()
        with made.in_environment():
            intake.load_file("stations", stations(files[0].with_name("s.csv"), "S01", "S02"))
            loaded(files)
        left.append(left_by(made))
    assert left[0] == left[1]
    assert len(left[0][2]) > 20 and len(left[0][-1]) == 26


def test_a_load_that_is_cut_short_leaves_the_table_empty_and_indexed(warehouse, monkeypatch, files):
    before = left_by(warehouse)
    monkeypatch.setattr(filling, "FEWEST", 1)

    def dies(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(load, "close_batch", dies)
    with pytest.raises(KeyboardInterrupt):
        intake.load_file("incidents", files[0])
    assert left_by(warehouse) == before
    assert query(warehouse, "select * from ops.set_aside_indexes") == []


def test_a_table_that_somebody_reads_is_filled_row_by_row_and_waits_for_nobody(warehouse, monkeypatch, files):
    monkeypatch.setattr(filling, "FEWEST", 1)
    with warehouse.connect("owner") as backup:
        backup.execute("lock table raw.incidents, raw.loop_events in access share mode")
        report = intake.load_file("incidents", files[0])
    assert report.total("accepted") == 7


def test_a_table_with_a_row_keeps_its_indexes_and_its_row(warehouse, files):
    intake.load_file("incidents", files[0])
    with warehouse.connect("loader") as connection:
        begun = connection.execute("select raw.begin_filling('incidents', '{}')").fetchone()
        assert begun == (False,)
    assert query(warehouse, "select count(*) from raw.incidents") == [(7,)]
    with warehouse.connect("reader") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("select raw.begin_filling('incidents', '{}')")
