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
from dataclasses import dataclass

import numpy as np
import polars as pl

from closedloop.intake.reading import line_by_line
from closedloop.intake.reading.header import LOOK_AHEAD, Header, find_header
from closedloop.intake.reading.source import ROW, Unparseable
from closedloop.intake.refused import RefusedFile

_SEPARATORS = (",", "\t", ";", "|")
#: Bytes at the top that tell how the text is laid out, and bytes counted together.
_TOP, _PIECE = 1 << 16, 1 << 20


@dataclass(frozen=True)
class Lines:
    """A text taken apart: its rows, the lines that could not be, and its header as it stands there."""

    frame: pl.DataFrame
    unparseable: tuple[Unparseable, ...]
    header: Header
    header_cells: tuple[str | None, ...]


def read_delimited(data: bytes, name: str, wanted: Collection[str]) -> Lines:
    """UTF-8 text as a frame of strings with :data:`ROW`, and the lines that could not be taken apart."""
    # The end of a file as old systems mark it.
    data = data.rstrip(b"\x1a")
    if b"\r" in data and data.count(b"\r") - data.count(b"\r\n") > data.count(b"\n"):
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if not data.endswith(b"\n") or data[-3:].count(b"\n") > 1:
        # Blank lines at the end are no rows, and the last row ends like the others.
        data = data.rstrip(b"\r\n") + b"\n"
    separator, top, header = _laid_out(data, wanted, name)
    names = list(header.names)
    cells = tuple(top[header.last][0])
    body = data[_offset_of_line(data, top[header.last][1]) :]
    first_row = header.last + 2
    if not body[:_TOP].strip() and not body.strip():
        nothing = pl.DataFrame(schema={ROW: pl.Int64, **dict.fromkeys(names, pl.String)})
        return Lines(nothing, (), header, cells)
    frame = _read_fast(body, names, separator)
    if frame is None:
        frame, broken = line_by_line.read(body, names, separator, first_row, name)
        return Lines(frame, broken, header, cells)
    return Lines(_numbered(frame, first_row), (), header, cells)


def _laid_out(
    data: bytes, wanted: Collection[str], name: str
) -> tuple[str, list[tuple[list[str], int]], Header]:
    """The separator, the top rows and the header: of the separators that occur, the one under which most
    wanted headers are named, then the one that stands most often in a line."""
    lines = data[:_TOP].decode("utf-8", errors="ignore").splitlines()[:LOOK_AHEAD]
    often = {s: max((line.count(s) for line in lines), default=0) for s in _SEPARATORS}
    by_count = sorted(_SEPARATORS, key=lambda s: -often[s])
    candidates = [s for s in by_count if often[s]] or [","]
    best = None
    for separator in candidates:
        top = _top_rows(data, separator)
        try:
            header = find_header([row for row, _ in top], wanted, name)
        except RefusedFile:
            if separator == candidates[0]:
                raise
            continue
        if best is None or header.hits > best[2].hits:
            best = (separator, top, header)
    # The first separator has a header, or its refusal has left this function.
    assert best is not None
    return best


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
    if _count(body, separator) - in_cells != frame.height * (len(names) - 1):
        return None
    return frame


def _count(body: bytes, separator: str) -> int:
    """How often a byte that stands in every line does; bytes.count() is made for rare ones."""
    octets = np.frombuffer(body, dtype=np.uint8)
    pieces = (octets[at : at + _PIECE] for at in range(0, len(octets), _PIECE))
    return sum(int(np.count_nonzero(piece == ord(separator))) for piece in pieces)


def _numbered(frame: pl.DataFrame, first_row: int) -> pl.DataFrame:
    frame = frame.with_row_index(ROW, offset=first_row).with_columns(pl.col(ROW).cast(pl.Int64))
    return frame
