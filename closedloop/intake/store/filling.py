"""The first rows of an empty table: they go straight in, before its indexes.

Nothing is known that they could be compared with, so they need no table of their own to wait in; an index
made of all rows at once costs a quarter of one that grows row by row; and what is the same in every row is
said to the table once, as defaults. All of it belongs to the transaction of the load: what is cut short
leaves the empty table with its indexes.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl
import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy import Table

from closedloop.intake.contract import business_columns, key_of
from closedloop.intake.store.copying import INCOMING, copy_into
from closedloop.intake.store.stage_rules import StageRules
from closedloop.intake.store.versions import PRIOR
from closedloop.warehouse.statements import of_names, only_row

#: From so many rows on the indexes are worth taking down.
FEWEST = 10_000


def begin(
    connection: psycopg.Connection,
    table: Table,
    rows: int,
    batch_id: int,
    source_file: str,
    loaded_at: datetime,
) -> bool:
    """Take the indexes of an empty table down; False, and nothing done, if it holds a row, is being read, or
    is to get few. What returns True wants :func:`fill` in the same transaction."""
    if rows < FEWEST:
        return False
    lineage = {
        "version": 1,
        "is_current": True,
        "retracted": False,
        "batch_id": batch_id,
        "source_file": source_file,
        "loaded_at": loaded_at.isoformat(),
    }
    (begun,) = only_row(connection.execute("select raw.begin_filling(%s, %s)", [table.name, Jsonb(lineage)]))
    return begun


def fill(
    connection: psycopg.Connection,
    table: Table,
    rows: pl.DataFrame,
    rules: StageRules | None,
    batch_id: int,
) -> None:
    """COPY rows of new keys as their first versions, and make the indexes. Afterwards the incoming rows are
    these, and none of them was known."""
    copy_into(connection, f"raw.{table.name}", table, rules.of_rows(rows) if rules else rows)
    connection.execute("select raw.end_filling(%s)", [table.name])
    names = ", ".join(column.name for column in business_columns(table))
    connection.execute(f"drop table if exists {INCOMING}")
    connection.execute(
        of_names(
            f"create temporary view {INCOMING} as select {names}, source_row, null::text as source_file "
            f"from raw.{table.name} where batch_id = {batch_id:d}"
        )
    )
    connection.execute(of_names(f"drop table if exists {PRIOR}"))
    connection.execute(
        of_names(
            f"create temporary table {PRIOR} on commit drop as "
            f"select {key_of(table)}, version, false as same from raw.{table.name} with no data"
        )
    )


def forget(connection: psycopg.Connection) -> None:
    """Let the incoming rows of the next output take the name."""
    connection.execute(f"drop view {INCOMING}")
