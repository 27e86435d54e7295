"""Which rows of a table are records, and which are blanks, totals, footers or the header printed again."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from closedloop.intake.reading.header import clean_header
from closedloop.intake.reading.source import ROW

_NAMES_TOTAL = r"^(?:.{0,12}(?:合计|总计|小计|共计|累计|总数)数?|(?i:grandtotal|sub-?total|total))"
#: A cell that names a total: 合计, 本页小计, 城东所小计, 合计：15件.
_TOTAL = rf"{_NAMES_TOTAL}[:：]?(?:[\d,.]*(?:件|起|条|人|次|宗|元)?)$"
#: A cell that says one in words, beside which nothing stands: 合计：共2起，其中有效1起.
_TOTAL_IN_WORDS = rf"{_NAMES_TOTAL}[:：]\D{{0,6}}\d"
#: Beside the name of a total stand figures only; a record has ids, times and texts.
_FIGURE = r"^\s*(?:[+\-]?[\d,.]*\s*(?:%|件|起|条|个|人|次|宗|元)?|[—–\-/]+)\s*$"
#: What stands under a printed table: who made it and when, notes.
_FOOTER = (
    r"^(?:(?:制表|填表|填报|审核|审批|打印|导出|统计|复核|负责)(?:人|单位|部门|时间|日期|员)?"
    r"|注|备注|说明|注释|数据来源|单位负责人)(?:[(（].{1,8}[)）])?[:：]"
)
#: What stands under one and nothing beside it: page numbers, when it was printed, that nothing follows.
_LAST_LINE = (
    r"^(?:第\d+页.{0,8}|\d+/\d+页|[-—(（]*以下空白[-—)）]*"
    r"|(?:打印|导出|制表|填报|统计)(?:时间|日期)\d{4}.*)$"
)
#: A day beside a signature.
_DAY = r"^\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:00:00:00)?$"
#: A column that only numbers the lines of a form, printed before anything was filled in.
_LINE_NUMBERS = ("序号", "no", "no.", "#", "行号", "编次")
#: Up to this height blank cells are looked for among spaces, too; above it only where some are empty.
_SHORT = 10_000


def records(frame: pl.DataFrame, header: Sequence[str | None]) -> dict[str, pl.Series]:
    """Masks of the rows that are no records: ``blank``, ``totals``, ``footers``, ``repeated_headers``.

    A kind of which there is no row is not in it. ``header`` are the header's cells as the file has them. A
    total is a row whose first cell with content names one and whose other cells hold figures only, so a
    record that merely mentions 合计 in a text stays one; a footer has nothing beside it but others of its
    kind, a name and a day. In a table of one column nothing is a total. A row that numbers the columns is
    their header again, a line with nothing but its printed number a blank one.
    """
    if frame.is_empty() or frame.width < 2:
        return {}
    found = {"blank": _blank(frame, header)}
    first = _first_content(frame)
    if frame.width > 2:
        totals = first.str.contains(_TOTAL).fill_null(False)
        found["totals"] = totals & _figures_beside(frame, totals) if totals.any() else totals
        in_words = first.str.contains(_TOTAL_IN_WORDS).fill_null(False) & ~found["totals"]
        if in_words.any():
            found["totals"] = found["totals"] | (in_words & _little_beside(frame, in_words, 0))
        found["footers"] = _footers(frame, first)
    name = next((clean_header(cell) for cell in header if clean_header(cell)), "")
    again = (first == "".join(name.split())).fill_null(False)
    found["repeated_headers"] = _say(frame, again, header) if again.any() else again
    if frame.width > 3 and _numbers_columns(frame):
        found["repeated_headers"] = found["repeated_headers"].scatter([0], True)
    return {kind: rows for kind, rows in found.items() if rows.any()}


def _blank(frame: pl.DataFrame, header: Sequence[str | None]) -> pl.Series:
    numbered = [
        name
        for name, cell in zip(frame.columns[1:], header, strict=False)
        if clean_header(cell).casefold() in _LINE_NUMBERS
    ]
    if numbered and len(numbered) + 1 < frame.width:
        frame = frame.drop(numbered)
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


def _footers(frame: pl.DataFrame, first: pl.Series) -> pl.Series:
    """Rows that begin as a footer does and hold no more than one does: 制表人： | 张三 | 4月25日."""
    footers = first.str.contains(_FOOTER).fill_null(False)
    if footers.any():
        cells = _squeezed(frame.filter(footers))
        kinds = [pl.all().str.contains(pattern).fill_null(False) for pattern in (_FOOTER, _DAY)]
        signed = cells.select(pl.sum_horizontal(kinds[0]).alias("n"))["n"]
        days = cells.select(pl.sum_horizontal(kinds[1]).alias("n"))["n"].clip(upper_bound=1)
        said = cells.select(pl.sum_horizontal(pl.all().fill_null("") != "").alias("n"))["n"]
        footers = footers.scatter(footers.arg_true(), said - signed - days <= signed)
    last = first.str.contains(_LAST_LINE).fill_null(False) & ~footers
    return footers | (last & _little_beside(frame, last, 1)) if last.any() else footers


def _little_beside(frame: pl.DataFrame, suspects: pl.Series, most: int) -> pl.Series:
    """Of the suspects those with no more than so many cells beside the first."""
    said = _squeezed(frame.filter(suspects)).select(
        pl.sum_horizontal(pl.all().fill_null("") != "").alias("n")
    )
    return suspects.scatter(suspects.arg_true(), said["n"] <= 1 + most)


def _squeezed(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(pl.exclude(ROW).str.replace_all(r"\s", ""))


def _numbers_columns(frame: pl.DataFrame) -> bool:
    """Whether the first row numbers the columns: 1, 2, 3 or (1), (2), (3)."""
    cells = [(cell or "").strip("()（） ") for cell in frame.row(0)[1:]]
    return cells == [str(number) for number in range(1, len(cells) + 1)]


def _say(frame: pl.DataFrame, suspects: pl.Series, header: Sequence[str | None]) -> pl.Series:
    """Of the suspected headers those that equal the header in every cell."""
    wanted = [clean_header(cell) for cell in header]
    cells = frame.filter(suspects).drop(ROW)
    equal = [[clean_header(cell) for cell in row] == wanted for row in cells.iter_rows()]
    return suspects.scatter(suspects.arg_true(), pl.Series(equal, dtype=pl.Boolean))
