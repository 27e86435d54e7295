"""A sheet of a workbook (XLSX, or old XLS) into a table of strings, remembering which cells were numbers."""

from __future__ import annotations

from collections.abc import Collection

import fastexcel
import polars as pl

from closedloop.intake.reading.header import LOOK_AHEAD, clean_header, column_names, find_header
from closedloop.intake.reading.source import ROW
from closedloop.intake.refused import RefusedFile


def read_workbook(
    data: bytes, name: str, wanted: Collection[str], sheet: str | None = None
) -> tuple[pl.DataFrame, dict[str, pl.Series]]:
    """The sheet that names most of the wanted headers (or the one asked for) as strings with :data:`ROW`.

    Dates come as ``YYYY-MM-DD HH:MM:SS``, numbers as written without a trailing ``.0``. The second value
    tells per column which cells were stored as numbers.
    """
    try:
        reader = fastexcel.read_excel(data)
        name_of_sheet = sheet or _best_sheet(reader, wanted)
        if name_of_sheet not in reader.sheet_names:
            raise RefusedFile(
                f"{name} has no sheet {name_of_sheet!r}; it has {', '.join(reader.sheet_names)}.",
                f"{name} 没有工作表“{name_of_sheet}”；现有：{'、'.join(reader.sheet_names)}。",
            )
        cells = _load(reader, name_of_sheet, "string")
        numbers = _load(reader, name_of_sheet, "boolean")
    except fastexcel.FastExcelError as error:
        raise _unreadable(name) from error
    if cells.is_empty():
        raise RefusedFile(
            f"{name} is empty: its sheet {name_of_sheet!r} holds no cell; export it again.",
            f"{name} 是空表：工作表“{name_of_sheet}”没有内容；请重新导出。",
        )
    header = find_header(cells.head(LOOK_AHEAD).rows(), wanted)
    names = column_names(cells.row(header), wanted, name)
    frame = cells[header + 1 :]
    frame.columns = names
    is_number = numbers[header + 1 :].select(pl.all().is_not_null())
    is_number.columns = names
    frame = frame.with_row_index(ROW, offset=header + 2).with_columns(pl.col(ROW).cast(pl.Int64))
    return frame, {column: is_number[column] for column in names}


def _unreadable(name: str) -> RefusedFile:
    return RefusedFile(
        f"{name} is a workbook that cannot be opened (damaged, or locked with a password); save it again as "
        "XLSX.",
        f"{name} 无法打开（文件损坏或有密码）；请重新另存为 XLSX。",
    )


def _load(reader: fastexcel.ExcelReader, sheet: str, dtype: str, rows: int | None = None) -> pl.DataFrame:
    # skip_rows=0 keeps blank rows at the top, or every row number would be off.
    return reader.load_sheet(sheet, header_row=None, skip_rows=0, dtypes=dtype, n_rows=rows).to_polars()


def _best_sheet(reader: fastexcel.ExcelReader, wanted: Collection[str]) -> str:
    """The sheet whose top rows hold most of the wanted headers; the first one if none does."""
    if len(reader.sheet_names) == 1:
        return reader.sheet_names[0]

    def hits(sheet: str) -> int:
        top = _load(reader, sheet, "string", LOOK_AHEAD)
        return max((len({clean_header(c) for c in row} & set(wanted)) for row in top.rows()), default=0)

    return max(reader.sheet_names, key=hits)
