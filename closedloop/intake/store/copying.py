"""Typed rows into a temporary table, by COPY."""

from __future__ import annotations

import io
from collections.abc import Iterator

import polars as pl
import psycopg
from sqlalchemy import Table

from closedloop.intake.contract import business_columns
from closedloop.intake.reading import ROW
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


def copy_rows(connection: psycopg.Connection, rows: pl.DataFrame) -> None:
    """COPY the rows; :data:`ROW` becomes ``source_row``. Statistics are taken, or the joins to come are
    guessed."""
    rows = rows.rename({ROW: "source_row"})
    with (
        connection.cursor() as cursor,
        cursor.copy(of_names(f"copy {INCOMING} ({', '.join(rows.columns)}) from stdin (format csv)")) as copy,
    ):
        for chunk in _csv_chunks(rows):
            copy.write(chunk)
    connection.execute(f"analyze {INCOMING}")


def _csv_chunks(rows: pl.DataFrame) -> Iterator[bytes]:
    for start in range(0, rows.height, CHUNK):
        buffer = io.BytesIO()
        rows[start : start + CHUNK].write_csv(
            buffer, include_header=False, datetime_format="%Y-%m-%d %H:%M:%S%.6f+00", quote_style="necessary"
        )
        yield buffer.getvalue()
