"""A grid of cells, as sheets and web pages give it: header found, columns named, rows numbered."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from closedloop.intake.reading.header import LOOK_AHEAD, NAMELESS, Header, clean_header, find_header
from closedloop.intake.reading.source import ROW


def table_of(
    cells: pl.DataFrame, wanted: Collection[str], name: str
) -> tuple[pl.DataFrame, Header, tuple[str | None, ...]]:
    """The rows under the header with :data:`ROW`, the header, and the cells of its last row."""
    header = find_header(cells.head(LOOK_AHEAD).rows(), wanted, name)
    frame = cells[header.last + 1 :]
    frame.columns = list(header.names)
    frame = frame.with_row_index(ROW, offset=header.last + 2).with_columns(pl.col(ROW).cast(pl.Int64))
    return frame, header, cells.row(header.last)


def without_blank_columns(frame: pl.DataFrame) -> pl.DataFrame:
    """The table without the columns that have neither a header nor a cell."""
    nameless = [c for c in frame.columns if c.startswith(NAMELESS)]
    blank = [c for c in nameless if not frame[c].fill_null("").str.contains(r"\S").any()]
    return frame.drop(blank) if blank else frame


def count_hits(rows: list[tuple[str | None, ...]], wanted: Collection[str], name: str) -> int:
    """How many wanted headers the top rows of a table name."""
    return find_header(rows, wanted, name).hits if any(clean_header(c) for row in rows for c in row) else 0
