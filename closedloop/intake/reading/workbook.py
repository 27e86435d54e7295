"""A sheet of a workbook (XLSX, XLSM, XLSB, ODS, or old XLS) into a table of strings, remembering which cells
were numbers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import fastexcel
import polars as pl

from closedloop.intake.masking import mask
from closedloop.intake.reading.grid import count_hits, table_of
from closedloop.intake.reading.header import LOOK_AHEAD, Header
from closedloop.intake.refused import RefusedFile

#: What a spreadsheet shows for a formula that failed, by the reader's name for it.
_ERRORS = {
    "Div0": "#DIV/0!",
    "NA": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
    "GettingData": "#N/A",
}


@dataclass(frozen=True)
class Sheet:
    """One sheet read: its rows, its header, and which cells of a column were numbers."""

    frame: pl.DataFrame
    header: Header
    header_cells: tuple[str | None, ...]
    numeric: dict[str, pl.Series]
    name: str
    others: tuple[str, ...]


def read_workbook(data: bytes, name: str, wanted: Collection[str], sheet: str | None = None) -> Sheet:
    """The sheet that names most of the wanted headers (or the one asked for) as strings.

    Dates come as ``YYYY-MM-DD HH:MM:SS``, numbers as written without a trailing ``.0``, failed formulas as
    the ``#N/A`` a spreadsheet shows. Refuses a workbook of several sheets that fit alike.
    """
    try:
        reader = fastexcel.read_excel(data)
        chosen = sheet or _best_sheet(reader, wanted, name)
        if chosen not in reader.sheet_names:
            raise RefusedFile(
                f"{name} has no sheet {mask(chosen)!r}; it has {', '.join(map(mask, reader.sheet_names))}.",
                f"{name} 没有工作表“{mask(chosen)}”；现有：{'、'.join(map(mask, reader.sheet_names))}。",
            )
        cells = _load(reader, chosen)
        numbers = _load(reader, chosen, "boolean")
    except fastexcel.FastExcelError as error:
        raise RefusedFile(
            f"{name} is a workbook that cannot be opened (damaged, or of a kind unknown here); open it in a "
            "spreadsheet program and save it again as XLSX.",
            f"{name} 无法打开（文件损坏或格式未知）；请用表格软件打开后另存为 XLSX。",
        ) from error
    if cells.is_empty():
        raise RefusedFile(
            f"{name} is empty: its sheet {mask(chosen)!r} holds no cell; export it again.",
            f"{name} 是空表：工作表“{mask(chosen)}”没有内容；请重新导出。",
        )
    frame, header, header_cells = table_of(cells, wanted, name)
    is_number = numbers[header.last + 1 :].select(pl.all().is_not_null())
    is_number.columns = list(header.names)
    others = tuple(other for other in reader.sheet_names if other != chosen)
    numeric = {column: is_number[column] for column in header.names}
    return Sheet(frame, header, header_cells, numeric, chosen, others)


def _load(
    reader: fastexcel.ExcelReader,
    sheet: str,
    dtype: Literal["string", "boolean"] = "string",
    rows: int | None = None,
) -> pl.DataFrame:
    # skip_rows=0 keeps blank rows at the top, or every row number would be off.
    loaded = reader.load_sheet(sheet, header_row=None, skip_rows=0, dtypes=dtype, n_rows=rows)
    if dtype != "string":
        return loaded.to_polars()
    batch, errors = loaded.to_arrow_with_errors()
    frame = pl.DataFrame(pl.from_arrow(batch))
    if errors is None:
        return frame
    for column in {error.offset_position[1] for error in errors.errors}:
        failed = [e for e in errors.errors if e.offset_position[1] == column]
        shown = pl.Series([_shown(e.detail) for e in failed], dtype=pl.String)
        name = frame.columns[column]
        frame = frame.with_columns(frame[name].scatter([e.offset_position[0] for e in failed], shown))
    return frame


def _shown(detail: str) -> str:
    return next((text for word, text in _ERRORS.items() if f"({word})" in detail), "#VALUE!")


def _best_sheet(reader: fastexcel.ExcelReader, wanted: Collection[str], name: str) -> str:
    """The sheet whose top rows hold most of the wanted headers; the first one if none does."""
    if len(reader.sheet_names) == 1:
        return reader.sheet_names[0]
    tops = {sheet: _load(reader, sheet, rows=LOOK_AHEAD).rows() for sheet in reader.sheet_names}
    hits = {sheet: count_hits(top, wanted, name) for sheet, top in tops.items()}
    best = max(hits.values())
    fitting = [sheet for sheet, found in hits.items() if found == best and len(tops[sheet]) > 1]
    if best and len(fitting) > 1:
        listed = [mask(sheet) for sheet in fitting]
        raise RefusedFile(
            f"{name} has {len(listed)} sheets that fit alike: {', '.join(listed)}; name one (--sheet, or "
            "sheet: in a mapping), or save each as a file of its own.",
            f"{name} 有 {len(listed)} 个同样适用的工作表：{'、'.join(listed)}；请指明一个（--sheet 或映射中"
            "的 sheet:），或将每个工作表另存为文件。",
        )
    return max(hits, key=hits.__getitem__)
