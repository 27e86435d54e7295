"""Deleting the future: raw as it would be if nothing after a moment had ever been exported."""

from __future__ import annotations

from datetime import datetime

import psycopg
from psycopg import sql

from closedloop.intake.contract import ITEM_TABLES, business_columns
from tests.raw_events import EVERY_EVENT

#: A correction later than the moment takes what it corrected along: it stands for the same fact.
LATE_EVENTS = """
delete from raw.loop_events as e
where
    e.occurred_at > %(moment)s
    or exists (
        select from raw.loop_events as s
        where s.supersedes = e.event_id and s.is_current and not s.retracted and s.occurred_at > %(moment)s
    )
"""

LATE_ITEM_EVENTS = """
delete from raw.loop_events as e
using raw.{table} as i
where e.item_id = i.{key} and e.loop = coalesce(i.loop, {default_loop}) and i.{opened_by} > %(moment)s
"""

#: Gone since the full extract without it was complete; where nobody said until when, since it was loaded.
UNDO_WITHDRAWALS = """
update raw.{table} as i
set retracted = false
from ops.batches as b
where
    i.retracted
    and i.batch_id = b.batch_id
    and least(b.covers_until, i.loaded_at) > %(moment)s
"""

#: What is written down when a stage is reached is not known before: raw table → (loop, stage, columns).
KNOWN_FROM = {
    "incidents": ("incident", "handle", ("final_type", "outcome", "is_valid", "is_police_matter")),
    "disputes": ("dispute", "conclude", ("outcome",)),
}

NOT_YET_KNOWN = """
update raw.{table} as i
set {column} = null
where
    {column} is not null
    and coalesce(i.loop, {default_loop}) = {loop}
    and not exists (
        select from {every_event} as e
        where
            e.item_id = i.{key} and e.loop = {loop} and e.stage = {stage}
            and e.is_current and not e.retracted
    )
"""

COVERAGE = (
    "delete from ops.coverage where covers_from > %(moment)s",
    "update ops.coverage set covers_until = least(covers_until, %(moment)s)",
)


def truncate(connection: psycopg.Connection, moment: datetime) -> dict[str, int]:
    """Remove from raw (and coverage) whatever lies after ``moment``; how many rows were touched, by kind."""
    removed: dict[str, int] = {}

    def run(kind: str, statement: sql.Composable | str) -> None:
        count = connection.execute(statement, {"moment": moment}).rowcount
        removed[kind] = removed.get(kind, 0) + count

    run("events", LATE_EVENTS)
    for name, item_table in ITEM_TABLES.items():
        parts = {
            "table": sql.Identifier(name),
            "key": sql.Identifier(item_table.key),
            "opened_by": sql.Identifier(item_table.opened_by),
            "default_loop": sql.Literal(item_table.default_loop),
        }
        run("events", sql.SQL(LATE_ITEM_EVENTS).format(**parts))
        run("items", sql.SQL("delete from raw.{table} where {opened_by} > %(moment)s").format(**parts))
        run("withdrawals", sql.SQL(UNDO_WITHDRAWALS).format(**parts))
        for column in business_columns(item_table.table):
            if "stage" in column.info and column.name != item_table.opened_by:
                time = {**parts, "column": sql.Identifier(column.name)}
                run(
                    "stage times",
                    sql.SQL("update raw.{table} set {column} = null where {column} > %(moment)s").format(
                        **time
                    ),
                )
        if name in KNOWN_FROM:
            loop, stage, columns = KNOWN_FROM[name]
            for column in columns:
                fact = {
                    "loop": sql.Literal(loop),
                    "stage": sql.Literal(stage),
                    "column": sql.Identifier(column),
                    "every_event": sql.SQL(EVERY_EVENT),
                }
                run(f"{name}.{column}", sql.SQL(NOT_YET_KNOWN).format(**parts, **fact))
    run("activities", "delete from raw.volunteer_activities where started_at > %(moment)s")
    for statement in COVERAGE:
        run("coverage", statement)
    return removed
