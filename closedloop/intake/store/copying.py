"""Typed rows into a table, by COPY."""

from __future__ import annotations

import polars as pl
import psycopg
from psycopg.copy import QueuedLibpqWriter
from sqlalchemy import Table

from closedloop.intake.contract import business_columns
from closedloop.intake.reading import ROW
from closedloop.intake.store.binary import HEADER, TRAILER, binary_rows
from closedloop.warehouse.statements import of_names

#: Rows written to the connection at a time.
CHUNK = 50_000

#: The name of the temporary table with the rows of the output being loaded.
INCOMING = "incoming"


def create_incoming(connection: psycopg.Connection, table: Table) -> None:
    """An empty temporary table with every business column, ``source_row``, and ``source_file`` where a row
    has one of its own (a replayed row keeps the file it came from)."""
    names = ", ".join(column.name for column in business_columns(table))
    connection.execute(f"drop table if exists {INCOMING}")
    connection.execute(
        of_names(
            f"create temporary table {INCOMING} on commit drop as select {names}, source_row, "
            f"source_file from raw.{table.name} with no data"
        )
    )


def copy_rows(connection: psycopg.Connection, table: Table, rows: pl.DataFrame) -> None:
    """COPY the rows among the incoming ones. Statistics are taken, or the joins to come are guessed."""
    copy_into(connection, INCOMING, table, rows)
    connection.execute(f"analyze {INCOMING}")


def copy_into(connection: psycopg.Connection, relation: str, table: Table, rows: pl.DataFrame) -> None:
    """COPY the rows into a relation with columns of the table; :data:`ROW` becomes ``source_row``. The next
    rows are written down while the server takes these."""
    rows = rows.rename({ROW: "source_row"})
    columns = [table.c[name] for name in rows.columns]
    names = ", ".join(rows.columns)
    with (
        connection.cursor() as cursor,
        cursor.copy(
            of_names(f"copy {relation} ({names}) from stdin (format binary)"),
            writer=QueuedLibpqWriter(cursor),
        ) as copy,
    ):
        copy.write(HEADER)
        for start in range(0, rows.height, CHUNK):
            copy.write(binary_rows(rows[start : start + CHUNK], columns))
        copy.write(TRAILER)
