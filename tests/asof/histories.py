"""Invented histories of work items, as nasty as life: every loop and move, ties, wrong orders, closing times.

A history is one raw item row and its raw event rows. Times are chosen so that things collide: steps are the
limits of ``sla_policy.csv`` themselves, a second more or less, or exactly opening and closing time.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.oracle.raw_rows import ITEM_TABLES, Raw, Row
from tests.oracle.reference import Reference

ZONE = ZoneInfo("Asia/Shanghai")
SECOND = timedelta(seconds=1)
LOADED_AT = datetime(2027, 7, 1, tzinfo=UTC)


def _local(clock: str) -> datetime:
    return datetime.fromisoformat(clock).replace(tzinfo=ZONE).astimezone(UTC)


#: Before holidays with swapped days, in a Saturday night, at the calendar's end and before its beginning.
OPENINGS = [
    _local(clock)
    for clock in (
        "2025-04-23 10:00",
        "2025-09-26 16:59:30",
        "2024-12-28 23:59:59",
        "2026-02-12 08:00",
        "2026-12-15 17:00",
        "2003-12-29 12:00",
    )
]

#: One station per opening whose export ends two days later, one that is always loaded, one nobody knows.
ALWAYS_LOADED = "S00"
STATION_OF_OPENING = {opened: f"S{number:02}" for number, opened in enumerate(OPENINGS, start=1)}
FAR = datetime(2027, 6, 30, tzinfo=UTC)
COVERED_FOR = timedelta(days=2)

STEPS = [
    timedelta(0),
    timedelta(0),
    SECOND,
    timedelta(minutes=3),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(minutes=30, seconds=1),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=24),
    timedelta(hours=24, seconds=1),
    timedelta(days=2),
    timedelta(days=3),
    timedelta(days=7),
    timedelta(days=20),
    -timedelta(minutes=5),
    -timedelta(days=1),
]
SNAPS = [None, None, None, time(9), time(17), time(17, 0, 1), time(0), time(8)]
OUTCOMES = [None, "passed", "failed", "不合格", "fail"]
DEPARTMENTS = [None, None, "sifa", "minzheng"]
LOOPS = [*["directive"] * 4, *["dispute", "hazard"] * 2, "incident", "diversion", "traffic_fine", "call"]
MOVES = [
    *["recolour", "extend", "suspend", "resume", "return", "reassign", "reopen"] * 3,
    *["cancel", "chase", "escalate", "object"],
]

#: Chooses one of several.
Pick = Callable[[Sequence[Any]], Any]


@dataclass(frozen=True)
class History:
    """One item: the raw table it lies in, its row, its events."""

    table: str
    item: Row
    events: list[Row]

    @property
    def work_item_id(self) -> str:
        key, default_loop, _ = ITEM_TABLES[self.table]
        return f"{self.item.get('loop') or default_loop}:{self.item[key]}"


def versioned(row: Row, **more: Any) -> Row:
    system = {
        "version": 1,
        "is_current": True,
        "retracted": False,
        "batch_id": 1,
        "source_file": "histories",
        "source_row": 1,
        "loaded_at": LOADED_AT,
    }
    return {**row, **system, **more}


def _moved(pick: Pick, moment: datetime) -> datetime:
    moment += pick(STEPS)
    snap = pick(SNAPS)
    if snap is not None:
        moment = datetime.combine(moment.astimezone(ZONE).date(), snap, tzinfo=ZONE).astimezone(UTC)
    return moment


def invent(pick: Pick, reference: Reference) -> History:
    """One history, every choice in it made by ``pick``."""
    loop = pick(LOOPS)
    table = reference.loops[loop]["source_table"]
    opened = pick(OPENINGS)
    item = _invent_item(pick, reference, loop, table, opened)

    stages = reference.stages[loop]
    expected = reference.loops[loop]["first_stage"]
    events: list[Row] = []
    now = opened
    for number in range(pick(range(1, 15))):
        event = dict.fromkeys(("severity", "due_at", "outcome", "stage", "move", "station_id", "supersedes"))
        event |= {"loop": loop, "occurred_at": now, "post_id": pick([None, None, None, "P2"])}
        event["department_id"] = pick(DEPARTMENTS)
        if pick(range(6)) == 0:
            event["severity"] = pick([None, *reference.ranks])
        way = "on" if number == 0 else pick(["on", "on", "on", "jump", "move", "move"])
        paused = number > 0 and events[-1]["move"] == "suspend" and pick([True, False])
        if way == "move" or paused:
            event["move"] = "resume" if paused else pick(MOVES)
            effect = reference.effects[event["move"]]
            if effect == "extend":
                event["due_at"] = pick([None, now, _moved(pick, now), _moved(pick, now)])
            if effect == "reassign":
                event["station_id"] = pick(_stations(opened))
            if effect == "recolour":
                event["severity"] = pick(["red", "red", "yellow", "blue", None])
        else:
            stage = expected if way == "on" and expected else pick(sorted(stages))
            event["stage"] = stage
            if stages[stage]["next_on_failed"] or pick(range(6)) == 0:
                event["outcome"] = pick(OUTCOMES)
            if not stages[stage]["milestone"]:
                expected = stages[stage]["next_stage"]
        events.append(event)
        now = _moved(pick, now)

    rows: list[Row] = []
    for number, event in enumerate(events):
        flaw = pick([None] * 12 + ["supersedes", "gone", "old"])
        if flaw == "supersedes" and number > 0:
            event["supersedes"] = pick(range(number))
        rows.append(versioned(event, retracted=flaw == "gone", is_current=flaw != "old"))
    withdrawn = pick(range(10)) == 0
    loaded_at = _moved(pick, now) if withdrawn else LOADED_AT
    return History(table, versioned(item, retracted=withdrawn, loaded_at=loaded_at), rows)


def _invent_item(pick: Pick, reference: Reference, loop: str, table: str, opened: datetime) -> Row:
    key, default_loop, opened_by = ITEM_TABLES[table]
    item: Row = {key: "", opened_by: opened, "station_id": pick(_stations(opened))}
    item["loop"] = loop if loop != default_loop or pick([True, False]) else None
    if table == "incidents":
        item["priority"] = pick([None, "1", "二级", "blue", "9"])
        item["post_id"] = pick([None, "P1"])
    if table in ("disputes", "directives", "tasks"):
        item["severity"] = pick([None, *reference.ranks])
    if table in ("directives", "tasks"):
        item["due_at"] = pick([None, _moved(pick, opened + timedelta(days=1))])
    if table == "disputes":
        item["lead_department_id"] = pick(DEPARTMENTS)
    if table == "tasks":
        item["department_id"] = pick(DEPARTMENTS)
    if table == "diversions":
        item["department_id"] = "sifa"
    return item


def _stations(opened: datetime) -> list[str | None]:
    return [ALWAYS_LOADED, ALWAYS_LOADED, STATION_OF_OPENING[opened], STATION_OF_OPENING[opened], "S99", None]


def _named(history: History, number: int) -> History:
    """Ids that sort in no particular order, so that ties are broken by nothing but the id."""
    key, _, _ = ITEM_TABLES[history.table]
    item_id = f"h{number:05}"
    ids = [hashlib.md5(f"{item_id}/{n}".encode()).hexdigest() for n in range(len(history.events))]
    history.item[key] = item_id
    for event_id, event in zip(ids, history.events, strict=True):
        event["event_id"], event["item_id"] = event_id, item_id
        if event["supersedes"] is not None:
            event["supersedes"] = ids[event["supersedes"]]
    return history


def random_histories(reference: Reference, count: int, seed: int) -> list[History]:
    """``count`` histories, the same ones for the same seed."""
    source = random.Random(seed)
    return [_named(invent(source.choice, reference), number) for number in range(count)]


@st.composite
def histories(draw: st.DrawFn, reference: Reference) -> History:
    """One history that Hypothesis can shrink."""
    return _named(invent(lambda options: draw(st.sampled_from(options)), reference), 0)


def stations_and_coverage(tables: list[str]) -> tuple[list[Row], list[Row]]:
    """Raw station rows, and what loads cover of each table: everything, or two days from an opening."""
    until = {ALWAYS_LOADED: FAR} | {s: o + COVERED_FOR for o, s in STATION_OF_OPENING.items()}
    stations = [
        versioned({"station_id": s, "bureau_id": "B1", "name_zh": s, "sort_order": n})
        for n, s in enumerate(sorted(until))
    ]
    coverage = [
        {
            "batch_id": 1,
            "table_name": table,
            "station_id": station,
            "covers_from": datetime(2000, 1, 1, tzinfo=UTC),
            "covers_until": moment,
        }
        for station, moment in until.items()
        for table in tables
    ]
    return stations, coverage


def as_raw(found: list[History]) -> Raw:
    """The histories as the oracle reads them."""
    tables: dict[str, list[Row]] = {table: [] for table in ITEM_TABLES}
    for history in found:
        tables[history.table].append(history.item)
    stations, coverage = stations_and_coverage(list(ITEM_TABLES))
    return Raw(tables, [e for h in found for e in h.events], stations, coverage)
