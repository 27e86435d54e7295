"""Delimited text into a table of strings, in the data-frame engine.

The engine fills short lines with nulls silently. A line that has lost a cell may carry a narrative in an
identifier column, so every line must be known to be whole. That is checked without looking at lines: the
separators in the text, less those inside quoted cells, must be exactly what a full table has. Only if they
are not, the file is read line by line (:mod:`closedloop.intake.reading.line_by_line`), which says which lines
are broken.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection

import polars as pl

from closedloop.intake.reading import line_by_line
from closedloop.intake.reading.header import LOOK_AHEAD, column_names, find_header
from closedloop.intake.reading.source import ROW, Unparseable

_SEPARATORS = (",", "\t", ";", "|")


def read_delimited(
    data: bytes, name: str, wanted: Collection[str]
) -> tuple[pl.DataFrame, tuple[Unparseable, ...]]:
    """UTF-8 text as a frame of strings with :data:`ROW`, and the lines that could not be taken apart."""
    if b"\n" not in data and b"\r" in data:
        data = data.replace(b"\r", b"\n")
    if not data.endswith(b"\n") or data[-3:].count(b"\n") > 1:
        # Blank lines at the end are no rows, and the last row ends like the others.
        data = data.rstrip(b"\r\n") + b"\n"
    separator = _separator(data)
    top = _top_rows(data, separator)
    header = find_header([row for row, _ in top], wanted)
    names = column_names(top[header][0], wanted, name)
    body = data[_offset_of_line(data, top[header][1]) :]
    first_row = header + 2
    if not body.strip():
        return pl.DataFrame(schema={ROW: pl.Int64, **dict.fromkeys(names, pl.String)}), ()
    frame = _read_fast(body, names, separator)
    if frame is None:
        return line_by_line.read(body, names, separator, first_row, name)
    return _numbered(frame, first_row), ()


def _separator(data: bytes) -> str:
    top = "\n".join(data[:65536].decode("utf-8", errors="ignore").splitlines()[:LOOK_AHEAD])
    counts = {s: max(line.count(s) for line in top.split("\n")) for s in _SEPARATORS}
    return max(_SEPARATORS, key=lambda s: counts[s])


def _top_rows(data: bytes, separator: str) -> list[tuple[list[str], int]]:
    """The first records, each with the number of physical lines up to its end."""
    reader = csv.reader(
        io.TextIOWrapper(io.BytesIO(data[: 1 << 20]), "utf-8", errors="ignore", newline=""),
        delimiter=separator,
    )
    rows: list[tuple[list[str], int]] = []
    try:
        for row in reader:
            rows.append((row, reader.line_num))
            if len(rows) == LOOK_AHEAD:
                break
    except csv.Error:
        pass
    return rows or [([""], 1)]


def _offset_of_line(data: bytes, lines: int) -> int:
    offset = 0
    for _ in range(lines):
        offset = data.find(b"\n", offset) + 1
        if offset == 0:
            return len(data)
    return offset


def _read_fast(body: bytes, names: list[str], separator: str) -> pl.DataFrame | None:
    """The whole table at once, or None if any line may be short, long or badly quoted."""
    overflow = "__overflow"
    try:
        frame = pl.read_csv(
            body,
            has_header=False,
            schema=dict.fromkeys([*names, overflow], pl.String),
            separator=separator,
            infer_schema=False,
            truncate_ragged_lines=True,
            missing_columns="insert",
        )
    except pl.exceptions.PolarsError:
        return None
    if frame[overflow].null_count() < frame.height:
        return None
    frame = frame.drop(overflow)
    in_cells = 0
    if b'"' in body:
        in_cells = frame.select(
            pl.sum_horizontal(pl.all().str.count_matches(separator, literal=True).sum())
        ).item()
    if body.count(separator.encode()) - in_cells != frame.height * (len(names) - 1):
        return None
    return frame


def _numbered(frame: pl.DataFrame, first_row: int) -> pl.DataFrame:
    frame = frame.with_row_index(ROW, offset=first_row).with_columns(pl.col(ROW).cast(pl.Int64))
    return frame
