"""Absence from a full extract: the row was deleted at its source, and is withdrawn here by a dated tombstone.

Without it a deleted item would stay overdue for ever. Only what the extract covers can be absent from it: its
stations, its stretch of time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import psycopg
from sqlalchemy import Table

from closedloop.intake.contract import ITEM_TABLES, UNASSIGNED, business_columns, key_of
from closedloop.intake.store.copying import INCOMING
from closedloop.intake.store.coverage import Coverage
from closedloop.warehouse.statements import of_names, only_row

PRESENT = "present"
#: From this share of the known rows on, a full extract is more likely cut off than the source was tidied.
#: Assumed: no source says it.
LARGE_SHARE = 0.1

_STANDING = "known.is_current and not known.retracted"
_TIME_OF = {"loop_events": "occurred_at", "volunteer_activities": "started_at"}


def are_many(absent: int, known: int) -> bool:
    """Whether so many of the known rows are absent that the extract may not be complete."""
    return absent >= LARGE_SHARE * known and absent > 0


def remember_present(connection: psycopg.Connection, table: Table, bad_keys: Iterable[str]) -> None:
    """Keep the keys the extract holds, those of rows in quarantine too. Call before unchanged rows are
    dropped."""
    key = key_of(table)
    connection.execute(of_names(f"drop table if exists {PRESENT}"))
    connection.execute(
        of_names(f"create temporary table {PRESENT} on commit drop as select {key} from {INCOMING}")
    )
    with connection.cursor() as cursor, cursor.copy(f"copy {PRESENT} from stdin") as copy:
        for bad in bad_keys:
            copy.write_row([bad])
    connection.execute(of_names(f"analyze {PRESENT}"))


def withdraw_absent(
    connection: psycopg.Connection,
    table: Table,
    coverage: Coverage,
    loops: list[str | None] | None,
    batch_id: int,
    source_file: str,
    loaded_at: datetime,
) -> int:
    """Write a tombstone for every current row that the extract should hold and does not; how many.

    ``loops`` are the loops the extract has rows of (None for tables that have none): an extract of hazards
    says nothing about permits.
    """
    names = ", ".join(column.name for column in business_columns(table))
    scope, values = _scope(table, coverage, loops)
    values |= {"batch_id": batch_id, "source_file": source_file, "loaded_at": loaded_at}
    return connection.execute(
        of_names(f"""
        with absent as (
            update raw.{table.name} as known
            set is_current = false
            where
                {_STANDING}
                and {_absent(table)}
                {scope}
            returning known.*
        )

        insert into raw.{table.name}
            ({names}, version, is_current, retracted, batch_id, source_file, source_row, loaded_at)
        select {names}, version + 1, true, true, %(batch_id)s, %(source_file)s, 0, %(loaded_at)s
        from absent
        """),
        values,
    ).rowcount


def count_absent(
    connection: psycopg.Connection, table: Table, coverage: Coverage, loops: list[str | None] | None
) -> tuple[int, int]:
    """Of how many current rows that the extract should hold how many it does not. Writes nothing."""
    scope, values = _scope(table, coverage, loops)
    return only_row(
        connection.execute(
            of_names(f"""
        select count(*), count(*) filter (where {_absent(table)})
        from raw.{table.name} as known
        where
            {_STANDING}
            {scope}
        """),
            values,
        )
    )


def _absent(table: Table) -> str:
    key = key_of(table)
    return f"not exists (select from {PRESENT} as present where present.{key} = known.{key})"


def _scope(table: Table, coverage: Coverage, loops: list[str | None] | None) -> tuple[str, dict[str, object]]:
    conditions, values = [], {}
    time = _TIME_OF.get(table.name) or table.info.get("opened_by")
    if time and coverage.since:
        conditions.append(f"known.{time} >= %(since)s")
        values["since"] = coverage.since
    if time and coverage.until and not coverage.assumed:
        conditions.append(f"known.{time} <= %(until)s")
        values["until"] = coverage.until
    if loops is not None:
        conditions.append("coalesce(known.loop, '') = any (%(loops)s)")
        values["loops"] = [loop or "" for loop in loops]
    if table.name == "loop_events":
        # Events that came as a column of their item belong to the item's extract, not to this one.
        conditions.append(
            "exists (select from ops.batches as origin where origin.batch_id = known.batch_id "
            "and origin.table_name = 'loop_events')"
        )
    if coverage.stations is not None:
        values["stations"] = list(coverage.stations)
        conditions.append(_station_condition(table))
    return "".join(f"\n                and {condition}" for condition in conditions), values


def _station_condition(table: Table) -> str:
    if table.name == "loop_events":
        items = " union all ".join(
            f"select from raw.{name} as item where item.{item.key} = known.item_id and item.is_current "
            f"and item.station_id = any (%(stations)s)"
            for name, item in ITEM_TABLES.items()
        )
        return f"exists ({items})"
    if "station_id" in table.columns:
        return f"coalesce(known.station_id, '{UNASSIGNED}') = any (%(stations)s)"
    return "true"
