"""Which rows of a table are records, and which are blanks, totals, footers or the header printed again."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from closedloop.intake.reading.header import clean_header
from closedloop.intake.reading.source import ROW

#: A cell that names a total: 合计, 本页小计, 城东所小计, 合计：15件.
_TOTAL = (
    r"^(?:.{0,12}(?:合计|总计|小计|共计|累计)|(?i:grandtotal|sub-?total|total))"
    r"[:：]?(?:[\d,.]*(?:件|起|条|人|次|宗|元)?)$"
)
#: Beside the name of a total stand figures only; a record has ids, times and texts.
_FIGURE = r"^\s*(?:[+\-]?[\d,.]*\s*(?:%|件|起|条|个|人|次|宗|元)?|[—–\-/]+)\s*$"
#: What stands under a printed table: who made it and when, notes.
_FOOTER = (
    r"^(?:(?:制表|填表|填报|审核|审批|打印|导出|统计|复核|负责)(?:人|单位|部门|时间|日期|员)?"
    r"|注|备注|说明|注释|数据来源|单位负责人)[:：]"
)
#: Up to this height blank cells are looked for among spaces, too; above it only where some are empty.
_SHORT = 10_000


def records(frame: pl.DataFrame, header: Sequence[str | None]) -> dict[str, pl.Series]:
    """Masks of the rows that are no records: ``blank``, ``totals``, ``footers``, ``repeated_headers``.

    A kind of which there is no row is not in it. ``header`` are the header's cells as the file has them. A
    total is a row whose first cell with content names one and whose other cells hold figures only, so a
    record that merely mentions 合计 in a text stays one. In a table of one column nothing is a total.
    """
    if frame.is_empty() or frame.width < 2:
        return {}
    found = {"blank": _blank(frame)}
    first = _first_content(frame)
    if frame.width > 2:
        totals = first.str.contains(_TOTAL).fill_null(False)
        found["totals"] = totals & _figures_beside(frame, totals) if totals.any() else totals
        found["footers"] = first.str.contains(_FOOTER).fill_null(False)
    name = next((clean_header(cell) for cell in header if clean_header(cell)), "")
    again = (first == "".join(name.split())).fill_null(False)
    found["repeated_headers"] = _say(frame, again, header) if again.any() else again
    return {kind: rows for kind, rows in found.items() if rows.any()}


def _blank(frame: pl.DataFrame) -> pl.Series:
    cells = pl.exclude(ROW)
    empty = frame.select(pl.all_horizontal(cells.is_null() | (cells.str.len_bytes() == 0)).alias("blank"))
    if not empty["blank"].any() and frame.height >= _SHORT:
        return empty["blank"]
    return frame.select(pl.all_horizontal(cells.fill_null("").str.strip_chars() == "").alias("blank"))[
        "blank"
    ]


def _first_content(frame: pl.DataFrame) -> pl.Series:
    """The first cell of each row that is not blank, without any space."""
    first = frame.to_series(1).str.replace_all(r"\s", "")
    missing = (first == "").fill_null(True)
    if missing.any():
        cells = pl.exclude(ROW).str.replace_all(r"\s", "")
        others = frame.filter(missing).select(pl.coalesce(pl.when(cells != "").then(cells)).alias("first"))
        first = first.scatter(missing.arg_true(), others["first"])
    return first


def _figures_beside(frame: pl.DataFrame, suspects: pl.Series) -> pl.Series:
    """Of the suspected totals those that hold nothing but figures beside their name."""
    cells = frame.filter(suspects).select(pl.exclude(ROW).fill_null("").str.contains(_FIGURE))
    others = cells.select(pl.sum_horizontal(~pl.all()).alias("others"))["others"]
    return suspects.scatter(suspects.arg_true(), others <= 1)


def _say(frame: pl.DataFrame, suspects: pl.Series, header: Sequence[str | None]) -> pl.Series:
    """Of the suspected headers those that equal the header in every cell."""
    wanted = [clean_header(cell) for cell in header]
    cells = frame.filter(suspects).drop(ROW)
    equal = [[clean_header(cell) for cell in row] == wanted for row in cells.iter_rows()]
    return suspects.scatter(suspects.arg_true(), pl.Series(equal, dtype=pl.Boolean))
