"""Stage events are read from the times of rows that never changed, and written down when something changes or
names them. Whoever reads all of them cannot tell: they are what writing every one at once would have left."""

from __future__ import annotations

import random
import threading
from collections import defaultdict
from hashlib import md5

import psycopg
import pytest
from psycopg.rows import dict_row

from closedloop import intake
from closedloop import warehouse as product
from closedloop.intake import quarantine
from closedloop.intake.contract import ITEM_TABLES, stage_columns
from closedloop.intake.reference import load_reference
from closedloop.intake.store import filling, stage_events
from closedloop.settings import get_settings
from tests.intake.files import incident, stations, write_csv
from tests.raw_events import EVERY_EVENT

TIMES = ("received_at", "dispatched_at", "arrived_at", "handled_at", "closed_at")
LINEAGE = ("batch_id", "source_file", "source_row", "loaded_at")


def query(warehouse, statement, *values):
    with warehouse.connect("owner") as connection:
        return connection.execute(statement, values).fetchall()


def rows_of(warehouse, relation):
    with warehouse.connect("owner") as connection, connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(f"select * from {relation} as one").fetchall()


def told(event):
    """An event as something that can be compared; what is blank in all derived events is left out."""
    return tuple(sorted((name, value) for name, value in event.items() if value is not None))


def written_at_once(warehouse, reference):
    """The events that a load would have written for every version of every row, one after another."""
    events = []
    for name, item in ITEM_TABLES.items():
        known = {}
        rows = rows_of(warehouse, f"raw.{name}")
        for row in sorted(rows, key=lambda row: (row["version"], row[item.key])):
            # A tombstone says nothing about times.
            if row["retracted"]:
                continue
            for stage, at in _times_of(row, item, reference).items():
                event_id = md5(f"{name}|{row[item.key]}|{stage}".encode()).hexdigest()
                _say(known.setdefault(event_id, []), event_id, stage, at, row, item)
        events += [version for versions in known.values() for version in versions]
    return events


def _times_of(row, item, reference):
    """By stage: the row's time, None where the stage is one of its loop and the time is blank."""
    loop = row.get("loop") or item.default_loop
    found = {}
    for column in stage_columns(item.table):
        stage = column.info["stage"]
        if stage == "@first":
            found |= {
                first: row[column.name] if first == reference.first_stage.get(loop) else None
                for first in reference.first_stage.values()
            }
        elif (loop, stage) in reference.loop_stages:
            found[stage] = row[column.name]
    return found


def _say(versions, event_id, stage, at, row, item):
    last = versions[-1] if versions else None
    loop = row.get("loop") or item.default_loop
    if at is None:
        if last is None or last["retracted"]:
            return
        said = {"loop": last["loop"], "occurred_at": last["occurred_at"], "retracted": True}
    else:
        said = {"loop": loop, "occurred_at": at, "retracted": False}
        if last and said.items() <= last.items():
            return
    if last:
        last["is_current"] = False
    versions.append(
        {"event_id": event_id, "item_id": row[item.key], "stage": stage, "is_current": True}
        | {"version": len(versions) + 1}
        | said
        | {name: row[name] for name in LINEAGE}
    )


def assert_as_if_written_at_once(warehouse):
    reference = load_reference(get_settings().reference_dir)
    found = rows_of(warehouse, EVERY_EVENT)
    expected = written_at_once(warehouse, reference)
    assert sorted(map(told, found)) == sorted(map(told, expected))
    counted = dict(query(warehouse, "select batch_id, rows_derived_events from ops.batches"))
    brought = defaultdict(int)
    for event in expected:
        brought[event["batch_id"]] += 1
    assert {batch: count for batch, count in counted.items() if count} == brought


def _some_times(chance):
    """Times of a row, some blank; few different ones, so that they come again."""
    row = {"received_at": f"2025-04-24 08:0{chance.randrange(3)}:00"}
    for hour, name in enumerate(TIMES[1:], 9):
        row[name] = chance.choice(["", f"2025-04-24 {hour:02d}:0{chance.randrange(2)}:00"])
    return row


def _a_file(chance, folder, number):
    """A file of incidents or tasks, some new and some known, with some of the columns; and its options."""
    options = {"extract": chance.choice(["delta", "delta", "full"])}
    keys = chance.sample(range(20), chance.randrange(1, 12))
    if chance.random() < 0.3:
        loops = ["hazard", "traffic_fine"]
        rows = [
            {
                "task_id": f"T{key}",
                "loop": chance.choice(loops),
                "opened_at": _some_times(chance)["received_at"],
            }
            for key in keys
        ]
        return "tasks", write_csv(folder / f"{number}.csv", rows), options
    columns = TIMES[: chance.randrange(2, 6)]
    with_loop = chance.random() < 0.3
    rows = []
    for key in keys:
        # Most are as they always were, but for what is no time.
        times = chance if chance.random() < 0.25 else random.Random(key)
        row = {"incident_id": f"JQ{key}", "station_id": "S01", "outcome": chance.choice("ab")}
        row |= {name: time for name, time in _some_times(times).items() if name in columns}
        if with_loop:
            row["loop"] = chance.choice(["", "", "", "call", "hazard"])
        rows.append(row)
    return "incidents", write_csv(folder / f"{number}.csv", rows), options


@pytest.mark.parametrize("seed", range(2))
def test_no_history_of_loads_shows_which_events_were_written(make_warehouse, tmp_path, seed, monkeypatch):
    # Tables are filled before their indexes, too.
    monkeypatch.setattr(filling, "FEWEST", 3)
    chance = random.Random(seed)
    made = make_warehouse()
    with made.in_environment():
        intake.load_file("stations", stations(tmp_path / "s.csv", "S01"))
        for number in range(12):
            table, file, options = _a_file(chance, tmp_path, number)
            intake.load_file(table, file, **options)
            assert_as_if_written_at_once(made)
    kinds = query(
        made,
        "select (select count(*) from raw.loop_events), (select count(*) from raw.derived_events), "
        "(select count(*) from raw.loop_events where version > 1), "
        "(select count(*) from raw.incidents where stage_rule is not null and not is_current)",
    )[0]
    assert min(kinds) > 0


def test_rows_in_quarantine_bring_their_events_from_the_file_they_came_in(warehouse, tmp_path):
    bad = [incident(1), incident(2, received_at="soon"), incident(3, received_at="soon")]
    intake.load_file("incidents", write_csv(tmp_path / "a.csv", bad))
    # One of them is known by another file when the mended row comes.
    intake.load_file(
        "incidents", write_csv(tmp_path / "b.csv", [incident(3, arrived_at="2025-04-24 10:00:00")])
    )
    with warehouse.connect("loader") as connection:
        held = quarantine.held_rows(connection)
    mended = tmp_path / "mended.csv"
    quarantine.export_rows(held, mended)
    mended.write_text(mended.read_text("utf-8-sig").replace(",soon,", ",2025-04-24 08:07:00,"), "utf-8")
    quarantine.replay(mended=mended)
    assert_as_if_written_at_once(warehouse)
    origins = (
        f"select item_id, source_file, source_row from {EVERY_EVENT} as e where stage = 'receive' order by 1"
    )
    assert ("JQ0002", "a.csv", 3) in query(warehouse, origins)


def an_event(number, **changes):
    row = {
        "event_id": f"E{number}",
        "loop": "incident",
        "item_id": "JQ0001",
        "stage": "close",
        "occurred_at": "2025-04-24 11:00:00",
        "supersedes": "",
    }
    return row | changes


def own_id(stage, item="JQ0001"):
    return md5(f"incidents|{item}|{stage}".encode()).hexdigest()


STORED = (
    "select item_id, stage, version, retracted from raw.loop_events where event_id !~ '^E' order by 1, 2, 3"
)


def test_an_event_that_another_corrects_is_stored_and_no_longer_derived(warehouse, tmp_path):
    intake.load_file("incidents", write_csv(tmp_path / "a.csv", [incident(1), incident(2)]))
    before = rows_of(warehouse, EVERY_EVENT)
    correction = an_event(1, stage="dispatch", supersedes=own_id("dispatch"))
    intake.load_file("loop_events", write_csv(tmp_path / "e.csv", [correction]))
    assert query(warehouse, STORED) == [("JQ0001", "dispatch", 1, False), ("JQ0001", "receive", 1, False)]
    after = [event for event in rows_of(warehouse, EVERY_EVENT) if event["event_id"] != "E1"]
    assert sorted(map(told, after)) == sorted(map(told, before))
    # Then the item changes, and the correction is withdrawn by the next extract of events.
    later = incident(1, dispatched_at="", arrived_at="2025-04-24 10:00:00")
    intake.load_file("incidents", write_csv(tmp_path / "b.csv", [later]))
    kept = write_csv(tmp_path / "f.csv", [an_event(2)])
    intake.load_file("loop_events", kept, extract="full")
    assert query(warehouse, STORED) == [
        ("JQ0001", "arrive", 1, False),
        ("JQ0001", "dispatch", 1, False),
        ("JQ0001", "dispatch", 2, True),
        ("JQ0001", "receive", 1, False),
    ]
    assert query(warehouse, "select retracted from raw.loop_events where event_id = 'E1' and is_current") == [
        (True,)
    ]


def test_an_event_under_a_derived_identifier_is_a_version_of_that_event(warehouse, tmp_path):
    intake.load_file("incidents", write_csv(tmp_path / "a.csv", [incident(1)]))
    same = an_event(1, event_id=own_id("receive"), stage="receive", occurred_at="2025-04-24 08:01:00")
    other = an_event(2, event_id=own_id("dispatch"), stage="dispatch", occurred_at="2025-04-24 09:30:00")
    report = intake.load_file("loop_events", write_csv(tmp_path / "e.csv", [same, other]))
    assert (report.total("accepted"), report.total("unchanged")) == (1, 1)
    assert query(warehouse, STORED) == [
        ("JQ0001", "dispatch", 1, False),
        ("JQ0001", "dispatch", 2, False),
        ("JQ0001", "receive", 1, False),
    ]
    assert query(warehouse, "select count(*) from raw.derived_events") == [(0,)]


@pytest.mark.parametrize("fewest", [1, filling.FEWEST])
def test_an_item_after_an_event_under_its_identifier_brings_a_version_of_it(
    warehouse, tmp_path, monkeypatch, fewest
):
    first = an_event(1, event_id=own_id("dispatch"), stage="dispatch", occurred_at="2025-04-24 09:30:00")
    intake.load_file("loop_events", write_csv(tmp_path / "e.csv", [first]))
    monkeypatch.setattr(stage_events.filling, "FEWEST", fewest)
    intake.load_file("incidents", write_csv(tmp_path / "a.csv", [incident(1), incident(2)]))
    assert query(warehouse, STORED) == [
        ("JQ0001", "dispatch", 1, False),
        ("JQ0001", "dispatch", 2, False),
        ("JQ0001", "receive", 1, False),
    ]
    assert query(warehouse, "select distinct item_id from raw.derived_events") == [("JQ0002",)]
    twice = f"select event_id from {EVERY_EVENT} as e where is_current group by 1 having count(*) > 1"
    assert query(warehouse, twice) == []


def test_what_a_time_meant_when_it_was_loaded_it_means_for_ever(warehouse, tmp_path, monkeypatch):
    intake.load_file("incidents", write_csv(tmp_path / "a.csv", [incident(1)]))
    reference = load_reference(get_settings().reference_dir)
    without = {loop: dict(names) for loop, names in reference.stages.items()}
    without["incident"] = {name: s for name, s in without["incident"].items() if s != "dispatch"}
    changed = type(reference)(reference.ids, without, reference.first_stage)
    monkeypatch.setattr("closedloop.intake.load.load_reference", lambda folder: changed)
    intake.load_file("incidents", write_csv(tmp_path / "b.csv", [incident(2)]))
    stages = "select item_id, array_agg(stage order by stage) from raw.derived_events group by 1 order by 1"
    assert query(warehouse, stages) == [("JQ0001", ["dispatch", "receive"]), ("JQ0002", ["receive"])]
    numbers = "select count(distinct rule) from ops.stage_rules where table_name = 'incidents' and loop = %s"
    assert query(warehouse, numbers, "incident") == [(2,)]
    assert query(warehouse, numbers, "call") == [(1,)]


def test_two_loads_at_once_write_the_events_of_an_item_once(warehouse, tmp_path):
    intake.load_file("incidents", write_csv(tmp_path / "a.csv", [incident(1), incident(2)]))
    files = [
        write_csv(tmp_path / f"{hour}.csv", [incident(1, arrived_at=f"2025-04-24 {hour}:00:00")])
        for hour in (10, 11, 12)
    ]
    failed = []

    def load(file):
        try:
            intake.load_file("incidents", file, settings=warehouse.settings)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=load, args=[file]) for file in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert_as_if_written_at_once(warehouse)
    assert query(warehouse, "select max(version) from raw.incidents") == [(4,)]


def test_a_warehouse_of_an_earlier_release_keeps_its_events_and_derives_those_of_new_rows(server, tmp_path):
    made = server.at_revision("0006")
    at = "2025-04-24 08:0{}:00+08"
    with made.connect("owner") as connection:
        for number in (1, 2):
            connection.execute(
                """
                insert into raw.incidents (
                    incident_id, station_id, received_at, place, initial_type,
                    version, is_current, retracted, batch_id, source_file, source_row, loaded_at
                )
                values (%s, 'S01', %s, '姜山路1号', 'help', 1, true, false, 1, 'old.csv', %s, now())
                """,
                [f"JQ000{number}", at.format(number), number + 1],
            )
            connection.execute(
                """
                insert into raw.loop_events (
                    event_id, loop, item_id, stage, occurred_at,
                    version, is_current, retracted, batch_id, source_file, source_row, loaded_at
                )
                select
                    %s, 'incident', incident_id, 'receive', received_at,
                    version, is_current, retracted, batch_id, source_file, source_row, loaded_at
                from raw.incidents where incident_id = %s
                """,
                [own_id("receive", f"JQ000{number}"), f"JQ000{number}"],
            )
        connection.execute(
            "insert into ops.batches (table_name, source_file, file_sha256, rows_derived_events) "
            "values ('incidents', 'old.csv', '', 2)"
        )
    assert product.migrate(made.settings) is True
    with made.in_environment():
        assert query(made, "select count(*) from raw.derived_events") == [(0,)]
        assert_as_if_written_at_once(made)
        rows = [incident(2, received_at="2025-04-24 08:09:00"), incident(3)]
        report = intake.load_file("incidents", write_csv(tmp_path / "new.csv", rows))
        assert report.total("derived_events") == 4
        assert_as_if_written_at_once(made)
        assert query(made, "select distinct item_id from raw.derived_events") == [("JQ0003",)]
    server.drop(made)


def test_nobody_writes_rules_or_the_view_but_a_load(warehouse):
    with warehouse.connect("reader") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("select from ops.stage_rules")
    with warehouse.connect("loader") as connection, pytest.raises(psycopg.errors.Error):
        connection.execute("insert into raw.derived_events (event_id) values ('x')")
