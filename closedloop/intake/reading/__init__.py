"""Reading a file into one table of strings (:class:`Source`), whatever it was: text, workbook, web page,
compressed."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from concurrent.futures import Future, ThreadPoolExecutor
from functools import reduce
from pathlib import Path

import polars as pl

from closedloop.hints import Hint, hint
from closedloop.intake.masking import mask
from closedloop.intake.reading.container import MOST_BYTES, unpack
from closedloop.intake.reading.delimited import read_delimited
from closedloop.intake.reading.encoding import to_utf8
from closedloop.intake.reading.grid import without_blank_columns
from closedloop.intake.reading.header import Header
from closedloop.intake.reading.invisible import any_in, without_invisible
from closedloop.intake.reading.markup import is_markup, read_markup
from closedloop.intake.reading.records import records
from closedloop.intake.reading.source import ROW, LeftOut, Source, Unparseable
from closedloop.intake.reading.workbook import read_workbook
from closedloop.intake.refused import RefusedFile

__all__ = ["ROW", "LeftOut", "Source", "Unparseable", "read_bytes", "read_file"]

#: How web systems keep a spreadsheet from reading an identifier as a number: ="0123".
_AS_FORMULA = r'^\s*="(.*)"\s*$'
#: And how people do: an apostrophe in front, which is meant for the spreadsheet and stays in other programs.
_AS_TEXT = r"^\s*['`]([^'`]+)$"


def read_file(path: Path, wanted: Collection[str] = (), *, sheet: str | None = None) -> Source:
    """Read one file. ``wanted`` are the headers looked for: they find the header row and the sheet."""
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        # ValueError: a NUL in the name.
        why = getattr(error, "strerror", None) or error
        raise RefusedFile(
            f"{mask(path.name)} cannot be read: {why}.",
            f"无法读取 {mask(path.name)}：{why}。",
        ) from error
    return read_bytes(data, path.name, wanted, sheet=sheet)


def read_bytes(
    data: bytes,
    name: str,
    wanted: Collection[str] = (),
    *,
    sheet: str | None = None,
    most_bytes: int = MOST_BYTES,
) -> Source:
    """Read the content of one file. The name is recorded, with numbers of persons masked; it decides
    nothing. What unpacks to more than ``most_bytes`` is refused."""
    name = mask(name)
    # What asks for the bytes alone is done beside the rest.
    with ThreadPoolExecutor() as beside:
        digest = beside.submit(lambda: hashlib.sha256(data).hexdigest())
        return _read(data, name, wanted, sheet, most_bytes, digest, beside)


def _read(
    data: bytes,
    name: str,
    wanted: Collection[str],
    sheet: str | None,
    most_bytes: int,
    digest: Future[str],
    beside: ThreadPoolExecutor,
) -> Source:
    kind, content = unpack(data, name, most=most_bytes)
    broken: tuple[Unparseable, ...] = ()
    numeric: dict[str, pl.Series] = {}
    said: tuple[Hint, ...] = ()
    invisible: Future[bool] | None = None
    if kind == "workbook":
        read = read_workbook(content, name, wanted, sheet)
        frame, header, header_cells, numeric = read.frame, read.header, read.header_cells, read.numeric
        said, text = read.notes, None
    else:
        text, _ = to_utf8(content, name)
        invisible = beside.submit(any_in, text)
        if is_markup(text):
            frame, header, header_cells = read_markup(text, name, wanted)
        else:
            lines = read_delimited(text, name, wanted)
            frame, header, header_cells, broken = (
                lines.frame, lines.header, lines.header_cells, lines.unparseable
            )  # fmt: skip
        if b"=" in text and b'="' in text:
            frame = frame.with_columns(pl.exclude(ROW).str.replace(_AS_FORMULA, "${1}"))
    if invisible is None or invisible.result():
        frame = without_invisible(frame)
    if text is None or b"'" in text or b"`" in text:
        frame = frame.with_columns(pl.exclude(ROW).str.replace(_AS_TEXT, "${1}"))
    frame = without_blank_columns(frame)
    frame, numeric, left_out = _records(frame, numeric, header, header_cells)
    counted = {"left_out_totals": left_out.totals, "left_out_footers": left_out.footers}
    notes = said + tuple(hint(code, count=count) for code, count in counted.items() if count)
    return Source(name, digest.result(), frame, broken, numeric, notes, left_out)


def _records(
    frame: pl.DataFrame,
    numeric: dict[str, pl.Series],
    header: Header,
    header_cells: tuple[str | None, ...],
) -> tuple[pl.DataFrame, dict[str, pl.Series], LeftOut]:
    """The rows that are records, and how many of each kind are none."""
    found = records(frame, header_cells)
    counts = {kind: int(rows.sum()) for kind, rows in found.items()}
    if found:
        keep = ~reduce(lambda a, b: a | b, found.values())
        numeric = {column: cells.filter(keep) for column, cells in numeric.items()}
        frame = frame.filter(keep)
    return frame, numeric, LeftOut(titles=header.first, **counts)
