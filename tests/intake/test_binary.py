"""Rows in the binary form of COPY are the rows that were written, whatever stands in them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Boolean, Column, Date, DateTime, Double, Integer, Numeric, Table, Text

from closedloop.intake.contract import TABLES, business_columns
from closedloop.intake.reading import ROW
from closedloop.intake.store.copying import INCOMING, copy_rows, create_incoming

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
#: What validation makes of each type of the contract: the data-frame's type, and its values.
VALUES = {
    Text: (pl.String, TEXTS | st.sampled_from(["", '"', "\\N", "\\.", "a\nb", "\t", "警情", "😀"])),
    DateTime: (
        pl.Datetime("us", "UTC"),
        st.datetimes(datetime(1950, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC)),
    ),
    Date: (pl.Date, st.dates(date(1900, 1, 1), date(2199, 12, 31))),
    Boolean: (pl.Boolean, st.booleans()),
    Integer: (pl.Int64, st.integers(-(2**31) + 1, 2**31 - 1)),
    Double: (pl.Float64, st.floats(allow_nan=False, allow_infinity=False)),
    Numeric: (
        pl.String,
        st.decimals(Decimal(-(10**20)) + 1, Decimal(10**20) - 1, places=10).map(
            lambda d: f"{d.normalize():f}"
        )
        | st.sampled_from(["0", "35", "-0.0000000001", "10000", "9999.9999", "-12345678.5"]),
    ),
}


def of_type(column: Column) -> type:
    return next(
        kind
        for kind in (Text, DateTime, Date, Boolean, Integer, Double, Numeric)
        if isinstance(column.type, kind)
    )


@st.composite
def frames(draw: st.DrawFn, table: Table) -> pl.DataFrame:
    height = draw(st.integers(0, 6))
    series = {ROW: pl.Series(range(2, height + 2), dtype=pl.Int64)}
    for column in business_columns(table):
        kind, values = VALUES[of_type(column)]
        wanted = values | st.none() if column.nullable else values
        cells = draw(st.lists(wanted, min_size=height, max_size=height))
        series[column.name] = pl.Series(cells, dtype=kind)
    return pl.DataFrame(series)


@pytest.mark.parametrize("table", ["incidents", "tasks", "volunteers", "stations", "volunteer_activities"])
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_copied_is_what_is_read_again(warehouse, table, data):
    table = TABLES[table]
    rows = data.draw(frames(table))
    with warehouse.connect("loader") as connection:
        create_incoming(connection, table)
        copy_rows(connection, table, rows)
        names = ", ".join(["source_row", *(column.name for column in business_columns(table))])
        found = connection.execute(f"select {names} from {INCOMING} order by source_row").fetchall()
        connection.rollback()
    numeric = [
        isinstance(table.c[name].type, Numeric) and of_type(table.c[name]) is Numeric
        for name in names.split(", ")
    ]
    written = [
        tuple(
            Decimal(cell) if is_numeric and cell is not None else cell
            for cell, is_numeric in zip(row, numeric, strict=True)
        )
        for row in rows.iter_rows()
    ]
    assert found == written
