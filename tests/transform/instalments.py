"""Invented histories that arrive in instalments, as no real bureau would send them.

Every row of ``tests.asof.histories`` comes with a batch of its own, events before their items among them.
Later batches bring new versions: rows that change their station, loop, colour or opening, that are withdrawn
and come back, events that move to another item, are retracted, or correct others that were settled long ago.
The times of an item are events beside those, derived until they change, as intake has it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql

from closedloop.intake.contract import TABLES
from closedloop.intake.reference import load_reference
from closedloop.intake.store.stage_events import write_down
from closedloop.intake.store.stage_rules import rules_in_force
from closedloop.settings import get_settings
from tests.asof.histories import FAR, History, random_histories, stations_and_coverage, versioned
from tests.oracle.raw_rows import ITEM_TABLES, Row
from tests.oracle.reference import Reference

#: Until when each batch covers what it covers: moments before, among and after those of the histories. The
#: first is ten minutes before a duty day ends.
MOMENTS = [datetime(2025, 4, 30, 23, 50, tzinfo=UTC), datetime(2026, 2, 12, tzinfo=UTC), FAR]
#: What the row of a diversion says besides.
DIVERTED = {"category": "noise", "department_id": "sifa"}
#: When what is long over began.
LONG_AGO = MOMENTS[0] - timedelta(days=60)
#: A station that sends no such export with the second batch, and then one for all the time since the first.
BEHIND = ("S00", "incidents")
#: What nobody sends for a month after the first batch: only with the third, and then without that month.
SILENT = "tasks"
AWAY = timedelta(days=30)
#: When the last of the stations leaves the bureau.
LEAVES = date(2025, 12, 31)
#: What calls of one place say of it: which call, told in which batch, in which words, of which type. A call
#: that is told twice is corrected.
SAID: tuple[tuple[tuple[int, int, str | None, str | None], ...], ...] = (
    ((0, 1, "甲", None), (1, 2, "甲", "residential")),
    ((0, 1, "甲", "road"), (1, 2, "甲", "village")),
    ((0, 1, "甲", "residential"), (1, 2, "甲", "road"), (1, 3, "甲", None)),
    ((0, 1, "甲", "road"), (1, 2, "甲", "hotel")),
    ((0, 1, "甲", "hotel"), (1, 1, "甲", "road"), (0, 2, "甲", "road")),
    ((0, 1, "甲", "hotel"), (1, 1, "甲", "hotel"), (0, 2, "甲", None)),
    ((0, 1, "乙", "road"), (1, 2, "甲", "road"), (1, 3, "丙", "road")),
    ((0, 1, "甲", None), (1, 2, "甲", "road")),
    ((0, 1, "甲", "residential"), (1, 1, "甲", None), (0, 2, "甲", None)),
    ((0, 1, None, None), (1, 2, "甲", None), (0, 3, "乙", "villa")),
)
CATEGORIES = ["noise", "theft", "不认识的类别", None]


@dataclass(frozen=True)
class Version:
    """A row of ``table`` as batch ``batch`` brings it; ``key`` names its other versions."""

    batch: int
    table: str
    key: str
    row: Row


def instalments(reference: Reference, count: int, seed: int) -> list[Version]:
    """What every batch brings, in the order of the batches."""
    source = random.Random(seed)
    found = random_histories(reference, count, seed)
    versions = [
        *_versions(found, source),
        *_ordinary(count, source),
        *_crowds(source),
        *_called_again(source),
        *_set_in_motion(source),
        *_forgotten(source),
        *_corrected_elsewhere(),
        *_of_violence(source),
        *_named_otherwise(source),
    ]
    return sorted(versions, key=lambda version: version.batch)


def _versions(found: list[History], source: random.Random) -> Iterator[Version]:
    ids: dict[str, list[str]] = {}
    for history in found:
        key, _, _ = ITEM_TABLES[history.table]
        ids.setdefault(history.table, []).append(history.item[key])
    for history in found:
        key, _, opened_by = ITEM_TABLES[history.table]
        item = history.item | _links(history.table, ids, source)
        # most come at once and are never heard of again, unless another row names them
        quiet = source.random() < 0.6
        for batch, row in _course(item, source, quiet):
            if batch > 1 and source.random() < 0.5:
                row = row | source.choice(_changes_of_item(history, opened_by, source))
            yield Version(batch, history.table, key, row)
        for event in history.events:
            event["recorded_at"] = event["occurred_at"] + source.choice([timedelta(), timedelta(days=40)])
            for batch, row in _course(event, source, quiet):
                if row["version"] > 1:
                    row = row | source.choice(_changes_of_event(history, found, source))
                yield Version(batch, "loop_events", "event_id", row)


def _ordinary(count: int, source: random.Random) -> Iterator[Version]:
    """Calls as most are: closed within hours and never spoken of again. Only time changes anything of them,
    or what is said of other rows."""
    # the first call of all is told of last: its station's history begins earlier than it did
    yield _call(0, 3, MOMENTS[0] - timedelta(days=200), "S00", "文化路1号", source)
    for number in range(1, count):
        received = MOMENTS[0] + timedelta(days=source.uniform(-90, 90))
        # a place that is called from for a month and then no more, or one that others name, too
        of_a_month = f"人民路{received:%y%m}号"
        place = source.choice([of_a_month, of_a_month, "文化路1号", None])
        batch = 1 if received < MOMENTS[0] else source.choice([1, 2])
        yield _call(number, batch, received, source.choice(["S00", "S00", "S04"]), place, source)


def _crowds(source: random.Random) -> Iterator[Version]:
    """Items closed together in the last half hour of a duty day."""
    # Calls of one instant: nine in time, five told of later, and ten were another station's.
    together = MOMENTS[0] - timedelta(days=3, minutes=5)
    for number in range(14):
        call = _call(
            10_000 + number, 1 if number < 9 else 2, together - timedelta(hours=9), "S04", None, source
        )
        row = call.row | {"closed_at": together}
        yield Version(call.batch, call.table, call.key, row)
        if number < 10:
            row = row | {"station_id": "S00", "version": 2, "batch_id": 3}
            yield Version(3, call.table, call.key, row)
    # Tasks minutes before the first batch's moment: the duty day ends by itself, nobody speaks of them again.
    for number in range(12):
        closed = MOMENTS[0] - timedelta(minutes=19 - number)
        task = {"task_id": f"crowd{number:02}", "loop": "hazard", "station_id": "S00", "severity": "blue"}
        yield Version(1, SILENT, "task_id", versioned(task | {"opened_at": closed - timedelta(days=2)}))
        event = {"event_id": f"crowd{number:02}", "loop": "hazard", "item_id": task["task_id"]}
        event |= {"stage": "close", "occurred_at": closed}
        yield Version(1, "loop_events", "event_id", versioned(event))


def _called_again(source: random.Random) -> Iterator[Version]:
    """Diversions that are over, each with a call from the same place a few hours later."""
    for number, (place, told_in) in enumerate([("建设路1号", 1), ("建设路2号", 1), ("建设路3号", 2)]):
        first = _noise(10 * number, 1, LONG_AGO - timedelta(hours=1), place, source)
        again = _noise(10 * number + 1, told_in, LONG_AGO + timedelta(hours=10), place, source)
        yield from (first, again)
        of_call = {"incident_id": first.row["incident_id"]}
        yield from _over("diversions", "diversion", f"over{number}", "feedback", of_call | DIVERTED)
        if number == 0:
            yield _moved(again)
        elif number == 1:
            # that had been calling all the time, as is told of later
            yield from (_noise(100 + n, 2, LONG_AGO - timedelta(days=n), place, source) for n in range(2, 6))


def _set_in_motion(source: random.Random) -> Iterator[Version]:
    """What is over about a call that is found to be none, about a place that was never called from, and about
    one that turns out to be a home."""
    ruled_out = _noise(200, 1, LONG_AGO - timedelta(hours=1), "建设路5号", source)
    ruled_out.row["final_type"] = "invalid"
    call = ruled_out.row["incident_id"]
    yield from (ruled_out, _noise(201, 1, LONG_AGO, "建设路5号", source))
    yield from _over("diversions", "diversion", "of-call", "feedback", {"incident_id": call} | DIVERTED)
    about = {"subject_loop": "incident", "subject_id": call}
    yield from _over("directives", "directive", "of-call", "feedback", about)
    answer = {"event_id": "scene", "loop": "incident", "item_id": call, "stage": "handle"}
    yield Version(3, "loop_events", "event_id", versioned(answer | {"occurred_at": LONG_AGO}, batch_id=3))
    yield from _over("disputes", "dispute", "quiet", "conclude", {"place_key": "建设路7号"})
    about = {"subject_loop": "dispute", "subject_id": "quiet"}
    yield from _over("directives", "directive", "of-dispute", "feedback", about)
    yield _noise(202, 2, LONG_AGO, "建设路7号", source)
    call = _noise(203, 1, LONG_AGO, "建设路6号", source)
    of_call = {"incident_id": call.row["incident_id"]}
    yield call
    yield from _over("diversions", "diversion", "of-home", "feedback", of_call | DIVERTED)
    at_home = _noise(204, 2, LONG_AGO, "建设路6号", source)
    at_home.row["place_type"] = "residential"
    yield at_home


def _forgotten(source: random.Random) -> Iterator[Version]:
    """Places where nobody called for years. Of one, a call came from another place, and elsewhere there was a
    further one, as is told of last."""
    began = LONG_AGO - timedelta(days=1000)
    days = [(0, "10"), (20, "10"), *((100 + n, "8") for n in range(6)), (200, "12"), (201, "12")]
    calls = [
        _noise(300 + number, 1, began + timedelta(days=day), f"建设路{place}号", source)
        for number, (day, place) in enumerate(days)
    ]
    yield from calls
    yield _moved(calls[-1])
    # a home, as is told by a call that is none
    yield from (_noise(320 + n, 1, began + timedelta(days=n), "建设路13号", source) for n in range(2))
    by_mistake = _noise(322, 2, began + timedelta(days=2), "建设路13号", source)
    by_mistake.row.update(place_type="residential", initial_type="invalid", final_type="invalid")
    yield by_mistake
    yield _noise(400, 3, began + timedelta(days=50), "建设路11号", source)
    # a place that nobody has called from, as it turns out
    alone = _noise(410, 1, began, "建设路21号", source)
    yield alone
    yield _moved(alone)


def _named_otherwise(source: random.Random) -> Iterator[Version]:
    """Places that their calls do not all call the same, or not of the same type."""
    for number, said in enumerate(SAID):
        key, versions = f"建设路{60 + number}号", Counter()
        for call, batch, words, place_type in said:
            versions[call] += 1
            told = _noise(600 + 10 * number + call, batch, LONG_AGO, key, source)
            told.row.update(place=words, place_type=place_type, version=versions[call])
            yield told


def _corrected_elsewhere() -> Iterator[Version]:
    """A conclusion that an event of another dispute corrects. Only the former dispute is told of again."""
    dispute, concluded = _over("disputes", "dispute", "not-concluded", "conclude", {"place_key": None})
    correction = {"event_id": "correction", "item_id": "other", "supersedes": concluded.row["event_id"]}
    yield from (dispute, concluded)
    yield from _over("disputes", "dispute", "other", "conclude", {"place_key": None})
    yield Version(1, "loop_events", "event_id", concluded.row | correction)
    again = {"place_key": "建设路22号", "version": 2, "batch_id": 2}
    yield Version(2, dispute.table, dispute.key, dispute.row | again)


def _of_violence(source: random.Random) -> Iterator[Version]:
    """A diversion of a call about violence at home, told of later. It came from another such call, as is told
    last."""
    calls = [_noise(500 + n, 1, LONG_AGO - timedelta(hours=1), f"建设路{30 + n}号", source) for n in range(2)]
    for call in calls:
        call.row["initial_type"] = "domestic_violence"
    yield from calls
    first, other = ({"incident_id": call.row["incident_id"]} for call in calls)
    diversion, fed_back = _over("diversions", "diversion", "of-violence", "feedback", first | DIVERTED)
    fed_back.row["occurred_at"] += timedelta(hours=5)  # not together with what else is over
    for told in (diversion, fed_back):
        yield Version(2, told.table, told.key, told.row | {"batch_id": 2})
    last = diversion.row | other | {"version": 2, "batch_id": 3}
    yield Version(3, diversion.table, diversion.key, last)


def _moved(call: Version) -> Version:
    other = {"place": "建设路9号", "place_key": "建设路9号", "version": 2, "batch_id": 3}
    return Version(3, call.table, call.key, call.row | other)


def _over(table: str, loop: str, item: str, closed_by: str, row: Row) -> Iterator[Version]:
    """An item of S04 that opened long ago and was closed the day after."""
    key, _, opened_by = ITEM_TABLES[table]
    opened = {key: item, "loop": None, "station_id": "S04", opened_by: LONG_AGO}
    yield Version(1, table, key, versioned(opened | row))
    closing = {"event_id": f"{loop} {item}", "loop": loop, "item_id": item, "stage": closed_by}
    yield Version(
        1, "loop_events", "event_id", versioned(closing | {"occurred_at": LONG_AGO + timedelta(days=1)})
    )


def _noise(number: int, batch: int, received: datetime, place: str, source: random.Random) -> Version:
    call = _call(20_000 + number, batch, received, "S04", place, source)
    return Version(batch, call.table, call.key, call.row | {"place_key": place, "initial_type": "noise"})


def _call(
    number: int, batch: int, received: datetime, station: str, place: str | None, source: random.Random
) -> Version:
    row = {
        "incident_id": f"ordinary{number:05}",
        "loop": None,
        "station_id": station,
        "initial_type": source.choice(CATEGORIES),
        "place": place,
        "received_at": received,
        "arrived_at": received + timedelta(minutes=source.randint(1, 60)),
        "closed_at": received + timedelta(hours=source.randint(1, 30)),
    }
    return Version(batch, "incidents", "incident_id", versioned(row, batch_id=batch))


def _course(row: Row, source: random.Random, quiet: bool) -> Iterator[tuple[int, Row]]:
    """The row in one of the batches, and again in some of the later ones; a quiet one in the first alone."""
    batch = 1 if quiet else source.choice([1, 1, 1, 2, 3])
    version = 1
    while batch <= len(MOMENTS):
        yield batch, row | {"batch_id": batch, "version": version}
        if quiet:
            return
        batch, version = batch + source.choice([1, 2, 9, 9, 9, 9, 9, 9]), version + 1


def _links(table: str, ids: dict[str, list[str]], source: random.Random) -> Row:
    """What the facts look at and the loops do not: places, categories, and the item that a row names."""
    place = source.choice(["文化路1号", "文化路2号", None])
    incident = source.choice([None, *ids["incidents"], "nobody"])
    match table:
        case "incidents":
            return {
                "initial_type": source.choice(CATEGORIES),
                "final_type": source.choice(CATEGORIES),
                "place": place,
                "place_key": place,
                "merged_into": incident if source.random() < 0.3 else None,
            }
        case "disputes":
            return {"incident_id": incident, "dispute_type": source.choice(CATEGORIES), "place_key": place}
        case "diversions":
            return {"incident_id": incident, "category": source.choice(CATEGORIES)}
        case "directives":
            return {"subject_loop": "incident", "subject_id": incident}
        case _:
            return {}


def _changes_of_item(history: History, opened_by: str, source: random.Random) -> list[Row]:
    return [
        {"station_id": source.choice(["S00", "S01", "S99"])},
        {opened_by: history.item[opened_by] - timedelta(days=1)},
        {"retracted": not history.item["retracted"]},
        {"loop": source.choice(["traffic_fine", "hazard"])} if history.table == "tasks" else {},
        {"severity": "red"} if history.table in ("disputes", "directives", "tasks") else {"outcome": "x"},
        {"place": "文化路9号", "place_key": "文化路9号"} if history.table == "incidents" else {},
    ]


def _changes_of_event(history: History, found: list[History], source: random.Random) -> list[Row]:
    other = source.choice(found)
    key, default_loop, _ = ITEM_TABLES[other.table]
    return [
        {"retracted": True},
        {"occurred_at": source.choice(history.events)["occurred_at"]},
        {"supersedes": source.choice(other.events)["event_id"]},
        {"supersedes": None},
        {"loop": other.item["loop"] or default_loop, "item_id": other.item[key]},
    ]


def bring(connection: psycopg.Connection[Any], versions: list[Version], batch: int) -> None:
    """Insert what ``batch`` brings: rows, and up to when they cover every source."""
    stations, coverage = stations_and_coverage([*ITEM_TABLES, "loop_events"])
    reference = load_reference(get_settings().reference_dir)
    rules = {name: rules_in_force(connection, TABLES[name], reference) for name in ITEM_TABLES}
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into ops.batches (table_name, source_file, file_sha256) values ('tasks', 'histories', '')"
        )
        if batch == 1:
            for station in stations:
                leaves = {"member_to": LEAVES} if station is stations[-1] else {}
                _insert(cursor, ("raw", "stations"), station | leaves)
        for version in versions:
            if version.batch != batch:
                continue
            row = version.row | {"is_current": True}
            if rule := rules.get(version.table):
                opened_by = ITEM_TABLES[version.table][2]
                asked = sql.SQL("select loop, {} from {} where {} = %s and stage_rule is not null").format(
                    sql.Identifier(opened_by),
                    sql.Identifier("raw", version.table),
                    sql.Identifier(version.key),
                )
                told = cursor.execute(asked, [row[version.key]]).fetchone()
                if told and told != (row["loop"], row[opened_by]):
                    key = sql.Literal(row[version.key]).as_string(None)
                    write_down(connection, TABLES[version.table], f"select {key}")
                if row["version"] == 1:
                    row["stage_rule"] = rule.numbers.get(row["loop"] or rule.item.default_loop)
            cursor.execute(
                sql.SQL("update {} set is_current = false where {} = %s").format(
                    sql.Identifier("raw", version.table), sql.Identifier(version.key)
                ),
                [version.row[version.key]],
            )
            _insert(cursor, ("raw", version.table), row)
        for cover in coverage:
            silent = batch == 2 and (
                (cover["station_id"], cover["table_name"]) == BEHIND or cover["table_name"] == SILENT
            )
            moment = MOMENTS[0 if silent else batch - 1]
            until = min(cover["covers_until"], moment)
            since = cover["covers_from"]
            if batch == 3 and cover["table_name"] == SILENT:
                since = MOMENTS[0] + AWAY
                if since >= until:
                    continue
            covered = {"batch_id": batch, "covers_from": since, "covers_until": until}
            _insert(cursor, ("ops", "coverage"), cover | covered)


def _insert(cursor: psycopg.Cursor[Any], relation: tuple[str, str], row: Row) -> None:
    cursor.execute(
        sql.SQL("insert into {} ({}) values ({})").format(
            sql.Identifier(*relation),
            sql.SQL(", ").join(map(sql.Identifier, row)),
            sql.SQL(", ").join(map(sql.Placeholder, row)),
        ),
        row,
    )
