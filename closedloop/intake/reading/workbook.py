"""A sheet of a workbook (XLSX, XLSM, XLSB, ODS, or old XLS) into a table of strings, remembering which cells
were numbers."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import fastexcel
import polars as pl

from closedloop.hints import Hint, hint
from closedloop.intake.masking import mask
from closedloop.intake.reading.grid import count_hits, table_of
from closedloop.intake.reading.header import LOOK_AHEAD, Header
from closedloop.intake.reading.sheet_xml import SheetFacts, facts_of, fill_merged
from closedloop.intake.reading.source import ROW
from closedloop.intake.refused import RefusedFile

# The reader would print to the terminal that a chart on a sheet of its own is no table.
logging.getLogger("calamine").setLevel(logging.CRITICAL)

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
    notes: tuple[Hint, ...] = ()


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
    facts = facts_of(data, chosen)
    _refuse_without_result(facts, name, chosen)
    filled, count = fill_merged(frame.drop(ROW), facts.merged, header.last + 1)
    frame = filled.insert_column(0, frame[ROW])
    notes = []
    if count:
        notes.append(hint("merged_filled", count=count))
    if not _is_shown(reader, chosen):
        notes.append(hint("hidden_sheet", sheet=mask(chosen)))
    if facts.from_1904:
        _refuse_serials(frame, {c: cells for c, cells in numeric.items() if c in wanted}, name)
    return Sheet(frame, header, header_cells, numeric, chosen, others, tuple(notes))


def _refuse_without_result(facts: SheetFacts, name: str, sheet: str) -> None:
    """A formula that no spreadsheet program has worked out yet reads as blank."""
    if cells := facts.without_result:
        raise RefusedFile(
            f"{name}, sheet {mask(sheet)!r}: {len(cells):,} formula(s) without a stored result, the first in "
            f"cell {cells[0]}; open the file in a spreadsheet program, save it, and load it again.",
            f"{name} 工作表“{mask(sheet)}”：有 {len(cells):,} 个公式没有保存计算结果，首个在 {cells[0]}；"
            "请用表格软件打开并保存后重新导入。",
        )


def _refuse_serials(frame: pl.DataFrame, numeric: dict[str, pl.Series], name: str) -> None:
    """Numbers that could be days, in a workbook that counts them from 1904: taken as such they would be four
    years early."""
    for column, cells in numeric.items():
        suspect = cells & frame[column].str.contains(r"^[2-5]\d{4}\.\d+$").fill_null(False)
        if suspect.any():
            row = frame[ROW].filter(suspect)[0]
            raise RefusedFile(
                f"{name} row {row:,}: {mask(column)!r} holds a plain number, and the workbook counts its "
                "days from 1904: as a time it would be four years early; format the column as a date, or "
                "save the sheet as CSV.",
                f"{name} 第 {row:,} 行：“{mask(column)}”是未设日期格式的数字，而该工作簿采用 1904 日期系统，"
                "作为时间会早四年；请将该列设为日期格式，或另存为 CSV。",
            )


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
    # A time of day alone is the first day a spreadsheet counts.
    frame = frame.with_columns(pl.all().str.replace(r"^1899-12-3[01] (\d\d:\d\d:\d\d)(?:\.\d+)?$", "${1}"))
    if errors is None:
        return frame
    for column in {error.offset_position[1] for error in errors.errors}:
        failed = [e for e in errors.errors if e.offset_position[1] == column]
        shown = pl.Series([_shown(e.detail) for e in failed], dtype=pl.String)
        name = frame.columns[column]
        frame = frame.with_columns(frame[name].scatter([e.offset_position[0] for e in failed], shown))
    return frame


def _is_shown(reader: fastexcel.ExcelReader, sheet: str) -> bool:
    return reader.load_sheet(sheet, header_row=None, n_rows=0, dtypes="string").visible == "visible"


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
        # What is hidden is an old copy, or a list to choose from.
        shown = [s for s in fitting if _is_shown(reader, s)]
        if len(shown) == 1:
            return shown[0]
        listed = [mask(sheet) for sheet in fitting]
        raise RefusedFile(
            f"{name} has {len(listed)} sheets that fit alike: {', '.join(listed)}; name one (--sheet, or "
            "sheet: in a mapping), or save each as a file of its own.",
            f"{name} 有 {len(listed)} 个同样适用的工作表：{'、'.join(listed)}；请指明一个（--sheet 或映射中"
            "的 sheet:），或将每个工作表另存为文件。",
        )
    return max(hits, key=hits.__getitem__)
