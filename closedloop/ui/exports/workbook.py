"""A list as XLSX: typed cells, a heading above, the header frozen and filterable."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime

import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format

from closedloop.ui.exports.cells import is_nothing, looks_like_formula

_WIDEST = 60
#: Rows that decide how wide a column is.
_SAMPLE = 200


def workbook(
    title: str, heading: Sequence[tuple[str, str]], header: Sequence[str], frame: pd.DataFrame
) -> bytes:
    """The bytes of a workbook with one sheet: heading, header, rows.

    Text is always text: no cell is a formula or a link, whatever a file had put into it, and text that would
    become a formula when somebody edits the cell carries the quote mark that keeps it text.
    """
    file = io.BytesIO()
    book = xlsxwriter.Workbook(
        file,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": True,
        },
    )
    bold = book.add_format({"bold": True})
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    forms = {
        datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        date: book.add_format({"num_format": "yyyy-mm-dd"}),
        float: book.add_format({"num_format": "0.00"}),
    }
    quoted = book.add_format({"quote_prefix": True})
    sheet = book.add_worksheet(_sheet_name(title))

    def text(row: int, column: int, value: str, form: Format | None = None) -> None:
        sheet.write_string(row, column, value, quoted if looks_like_formula(value) else form)

    for row, (name, value) in enumerate(heading):
        text(row, 0, name, bold)
        text(row, 1, value)
    first = len(heading) + 1
    for column, name in enumerate(header):
        text(first, column, name, head)
    for row, values in enumerate(frame.itertuples(index=False, name=None), start=first + 1):
        for column, value in enumerate(values):
            if is_nothing(value):
                continue
            if isinstance(value, bool):
                sheet.write_number(row, column, int(value))
            elif isinstance(value, int):
                sheet.write_number(row, column, value)
            elif isinstance(value, float):
                sheet.write_number(row, column, value, forms[float])
            elif isinstance(value, datetime):
                sheet.write_datetime(row, column, value.replace(tzinfo=None), forms[datetime])
            elif isinstance(value, date):
                sheet.write_datetime(row, column, datetime(value.year, value.month, value.day), forms[date])
            else:
                text(row, column, str(value))
    for column, name in enumerate(header):
        sheet.set_column(column, column, _width(name, frame.iloc[:_SAMPLE, column]))
    if len(header):
        sheet.autofilter(first, 0, first + max(1, len(frame)), len(header) - 1)
    sheet.freeze_panes(first + 1, 1)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(first)
    sheet.set_footer("&R&P / &N")
    book.close()
    return file.getvalue()


def _sheet_name(title: str) -> str:
    """A sheet's name may have 31 signs, and none of these."""
    return "".join(" " if sign in "[]:*?/\\'" else sign for sign in title)[:31] or "1"


def _columns_taken(value: object) -> int:
    if isinstance(value, datetime):
        return 16
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in str(value))


def _width(name: str, values: pd.Series) -> int:
    taken = [_columns_taken(value) for value in values if not is_nothing(value)]
    return min(_WIDEST, max([_columns_taken(name), *taken, 6]) + 2)
