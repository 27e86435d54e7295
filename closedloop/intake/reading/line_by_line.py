"""Delimited text read record by record: slower, and able to say which lines are broken."""

from __future__ import annotations

import csv
import io
from collections import Counter

import polars as pl

from closedloop.intake.reading.source import ROW, Unparseable
from closedloop.intake.refused import RefusedFile

csv.field_size_limit(1 << 24)


def read(
    body: bytes, names: list[str], separator: str, first_row: int, name: str
) -> tuple[pl.DataFrame, tuple[Unparseable, ...]]:
    """Whole lines as a frame of strings, broken ones apart. A quote that is never closed refuses the file."""
    text = io.TextIOWrapper(io.BytesIO(body), "utf-8", newline="")
    reader = csv.reader(text, delimiter=separator, strict=True)
    rows: list[list[str]] = []
    numbers: list[int] = []
    broken: list[Unparseable] = []
    number = first_row - 1
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            if "unexpected end of data" in str(error):
                raise RefusedFile(
                    f"{name} row {number:,}: a quotation mark is opened and never closed; correct the row or "
                    "export the file again.",
                    f"{name} 第 {number:,} 行：引号没有闭合；请更正该行或重新导出。",
                ) from None
            broken.append(
                Unparseable(
                    number,
                    "a quotation mark stands inside a quoted cell; double it or remove it",
                    "带引号的单元格内又有引号；请写成两个引号或删除",
                )
            )
            continue
        if not any(cell.strip() for cell in cells):
            # Kept as a blank row, so that it is counted among those left out.
            cells = [""] * len(names)
        rows.append(cells)
        numbers.append(number)
    width = _width(rows, len(names))
    whole = [len(cells) == width or not any(cell.strip() for cell in cells) for cells in rows]
    broken += [
        _torn(number, len(cells), width)
        for number, cells, ok in zip(numbers, rows, whole, strict=True)
        if not ok
    ]
    rows = [cells[: len(names)] for cells, ok in zip(rows, whole, strict=True) if ok]
    numbers = [number for number, ok in zip(numbers, whole, strict=True) if ok]
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    frame = pl.DataFrame(
        {ROW: pl.Series(numbers, dtype=pl.Int64)}
        | {n: pl.Series(c, dtype=pl.String) for n, c in zip(names, columns, strict=True)}
    )
    return frame, tuple(sorted(broken, key=lambda line: line.row))


def _width(rows: list[list[str]], named: int) -> int:
    """How many cells a whole row has: as many as the header, or more where the rows end in separators that
    the header lacks. Then all of them must: a shorter row has lost a cell somewhere."""
    (width, _), *_ = Counter(len(cells) for cells in rows).most_common(1) or [(named, 0)]
    if width <= named:
        return named
    tails = (cell.strip() for cells in rows if len(cells) == width for cell in cells[named:])
    return named if any(tails) else width


def _torn(number: int, found: int, width: int) -> Unparseable:
    return Unparseable(
        number,
        f"the row has {found} cells and the header {width}; put cells that hold the separator or a line "
        "break into quotation marks",
        f"该行有 {found} 个单元格，表头有 {width} 个；含分隔符或换行的单元格须加引号",
    )
