"""Delimited text read record by record: slower, and able to say which lines are broken."""

from __future__ import annotations

import csv
import io

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
        if len(cells) != len(names):
            broken.append(
                Unparseable(
                    number,
                    f"the row has {len(cells)} cells and the header {len(names)}; put cells that hold the "
                    "separator or a line break into quotation marks",
                    f"该行有 {len(cells)} 个单元格，表头有 {len(names)} 个；含分隔符或换行的单元格须加引号",
                )
            )
            continue
        rows.append(cells)
        numbers.append(number)
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    frame = pl.DataFrame(
        {ROW: pl.Series(numbers, dtype=pl.Int64)}
        | {n: pl.Series(c, dtype=pl.String) for n, c in zip(names, columns, strict=True)}
    )
    return frame, tuple(broken)
