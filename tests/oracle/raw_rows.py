"""Raw rows as they lie in the warehouse, and the work items they tell of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from tests.oracle.reference import Reference
from tests.raw_events import EVERY_EVENT

Row = dict[str, Any]

MOVES_COME_AFTER_STAGES = 100

#: Raw table → (key, loop of its rows when they name none, column that opens an item).
ITEM_TABLES = {
    "incidents": ("incident_id", "incident", "received_at"),
    "disputes": ("dispute_id", "dispute", "found_at"),
    "directives": ("directive_id", "directive", "issued_at"),
    "diversions": ("diversion_id", "diversion", "sent_at"),
    "tasks": ("task_id", None, "opened_at"),
}

PRIORITIES = {
    **dict.fromkeys(("1", "red", "一级"), "red"),
    **dict.fromkeys(("2", "yellow", "二级"), "yellow"),
    **dict.fromkeys(("3", "blue", "三级"), "blue"),
}


@dataclass
class Item:
    """What an item is before anything has happened to it."""

    loop: str
    item_id: str
    source_table: str
    opened_at: datetime
    station_id: str
    severity: str | None
    department_id: str | None
    post_id: str | None
    due_at: datetime | None
    withdrawn_at: datetime | None
    events: list[Row] = field(default_factory=list)

    @property
    def work_item_id(self) -> str:
        return f"{self.loop}:{self.item_id}"


@dataclass
class Raw:
    """Raw rows as they lie in the warehouse, every version of them, and what loads cover."""

    tables: dict[str, list[Row]]
    events: list[Row]
    stations: list[Row] = field(default_factory=list)
    coverage: list[Row] = field(default_factory=list)
    batches: list[Row] = field(default_factory=list)


def events_that_count(events: Iterable[Row]) -> list[Row]:
    """Current versions, neither retracted nor superseded by another current event."""
    current = [e for e in events if e["is_current"] and not e["retracted"]]
    superseded = {
        e["supersedes"] for e in current if e.get("supersedes") and e["supersedes"] != e["event_id"]
    }
    return [e for e in current if e["event_id"] not in superseded]


def work_items(raw: Raw, reference: Reference) -> list[Item]:
    """Every work item with the events that count, in the order in which they take effect."""
    events: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for event in events_that_count(raw.events):
        events[event["loop"], event["item_id"]].append(event)

    complete_until = {batch["batch_id"]: batch["covers_until"] for batch in raw.batches}
    items = []
    for table, (key, default_loop, opened_by) in ITEM_TABLES.items():
        for row in raw.tables.get(table, []):
            if not row["is_current"]:
                continue
            severity = row.get("severity")
            if table == "incidents":
                severity = PRIORITIES.get(row.get("priority"))
            department = row.get("lead_department_id" if table == "disputes" else "department_id")
            known_station = row.get("station_id") in reference.bureau_of
            item = Item(
                loop=row.get("loop") or default_loop,
                item_id=row[key],
                source_table=table,
                opened_at=row[opened_by],
                station_id=row["station_id"] if known_station else "UNASSIGNED",
                severity=severity,
                department_id=department,
                post_id=row.get("post_id"),
                due_at=row.get("due_at"),
                withdrawn_at=_withdrawn_at(row, complete_until),
            )
            item.events = sorted(
                events[item.loop, item.item_id],
                key=lambda event, item=item: (
                    max(event["occurred_at"], item.opened_at),
                    reference.stages[item.loop][event["stage"]]["ordinal"]
                    if event.get("stage")
                    else MOVES_COME_AFTER_STAGES,
                    event["event_id"],
                ),
            )
            items.append(item)
    return items


def _withdrawn_at(row: Row, complete_until: dict[int, datetime | None]) -> datetime | None:
    # The full extract without it says until when it is complete; where nobody said so, its load does.
    if not row["retracted"]:
        return None
    until = complete_until.get(row.get("batch_id"))
    return row["loaded_at"] if until is None else min(until, row["loaded_at"])


def known_until(coverage: Iterable[Row]) -> dict[tuple[str, str], datetime]:
    """(station, raw table) → the latest moment that complete loads cover."""
    latest: dict[tuple[str, str], datetime] = {}
    for row in coverage:
        if row["covers_until"] is not None:
            where = row["station_id"], row["table_name"]
            latest[where] = max(row["covers_until"], latest.get(where, row["covers_until"]))
    return latest


def read_raw(connection: Connection) -> Raw:
    """Everything the replay needs, row by row, from an open connection that may read raw and ops."""

    def rows(relation: str) -> list[Row]:
        with connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(f"select * from {relation}").fetchall()

    return Raw(
        tables={table: rows(f"raw.{table}") for table in ITEM_TABLES},
        events=rows(f"{EVERY_EVENT} as event"),
        stations=rows("raw.stations"),
        coverage=rows("ops.coverage"),
        batches=rows("ops.batches"),
    )
