"""Reading a file into one table of strings (:class:`Source`), whatever it was: text, workbook, compressed."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

import polars as pl

from closedloop.intake.masking import mask
from closedloop.intake.reading.container import unpack
from closedloop.intake.reading.delimited import read_delimited
from closedloop.intake.reading.encoding import to_utf8
from closedloop.intake.reading.source import ROW, Source, Unparseable
from closedloop.intake.reading.workbook import read_workbook
from closedloop.intake.refused import RefusedFile

__all__ = ["ROW", "Source", "Unparseable", "read_bytes", "read_file"]

_TOTALS = ("合计", "总计", "小计", "共计")


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


def read_bytes(data: bytes, name: str, wanted: Collection[str] = (), *, sheet: str | None = None) -> Source:
    """Read the content of one file. The name is recorded, with numbers of persons masked; it decides
    nothing."""
    name = mask(name)
    kind, content = unpack(data, name)
    broken: tuple[Unparseable, ...] = ()
    numeric: dict[str, pl.Series] = {}
    if kind == "workbook":
        frame, numeric = read_workbook(content, name, wanted, sheet)
    else:
        text, _ = to_utf8(content, name)
        frame, broken = read_delimited(text, name, wanted)
    keep = _records(frame)
    notes = []
    if totals := int((~keep & _is_total(frame)).sum()):
        notes.append(f"{totals} total row(s) 合计 left out")
    if not keep.all():
        numeric = {column: cells.filter(keep) for column, cells in numeric.items()}
        frame = frame.filter(keep)
    return Source(name, hashlib.sha256(data).hexdigest(), frame, broken, numeric, tuple(notes))


def _records(frame: pl.DataFrame) -> pl.Series:
    """True for rows that are records: neither blank nor a line of totals."""
    cells = pl.exclude(ROW)
    blank = frame.select(pl.all_horizontal(cells.is_null() | (cells.str.len_bytes() == 0)).alias("blank"))[
        "blank"
    ]
    if blank.any() or frame.height < 10_000:
        blank = frame.select(pl.all_horizontal(cells.fill_null("").str.strip_chars() == "").alias("b"))["b"]
    return ~blank & ~_is_total(frame)


def _is_total(frame: pl.DataFrame) -> pl.Series:
    """A total stands in the first column of one of the last rows."""
    if frame.is_empty() or frame.width < 2:
        return pl.zeros(frame.height, dtype=pl.Boolean, eager=True)
    first = frame.to_series(1)
    tail = pl.arange(0, frame.height, eager=True) >= frame.height - 3
    return tail & first.str.replace_all(r"[\s:：]", "").is_in(list(_TOTALS)).fill_null(False)
