"""Rows in quarantine as a file that can be mended in a spreadsheet and replayed."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import xlsxwriter

from closedloop.errors import ClosedloopError
from closedloop.intake.contract import TABLES, business_columns
from closedloop.intake.quarantine.listing import Held

#: The column that says which row in quarantine a mended row is.
ID = "quarantine_id"
_WHERE = (ID, "source_file", "source_row", "reasons")
_FORMULA = ("=", "+", "-", "@")


def export_rows(rows: Sequence[Held], path: Path) -> None:
    """Write rows of one table as CSV (with a mark, so that spreadsheets read it as UTF-8) or XLSX, by the
    suffix."""
    if not rows:
        raise ClosedloopError("there is nothing in quarantine to export")
    tables = sorted({row.table for row in rows})
    if len(tables) > 1:
        raise ClosedloopError(f"the rows are of several tables; export one at a time: --table {tables[0]}")
    fields = [column.name for column in business_columns(TABLES[tables[0]])]
    lines = [[*_WHERE, *fields]]
    for row in rows:
        content = row.content or {}
        where = [str(row.quarantine_id), row.source_file, str(row.source_row)]
        wrong = "; ".join(str(reason["message_en"]) for reason in row.reasons)
        lines.append([*where, wrong, *(content.get(field, "") for field in fields)])
    match path.suffix.lower():
        case ".csv":
            path.write_bytes(_csv(lines))
        case ".xlsx":
            path.write_bytes(_workbook(lines))
        case _:
            raise ClosedloopError(f"{path.name}: name the file .csv or .xlsx")


def _csv(lines: list[list[str]]) -> bytes:
    text = io.StringIO()
    # A cell that begins like a formula is given a tab, which reading takes off again.
    csv.writer(text).writerows([[f"\t{c}" if c.startswith(_FORMULA) else c for c in line] for line in lines])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _workbook(lines: list[list[str]]) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    text, sheet = book.add_format({"num_format": "@"}), book.add_worksheet("quarantine")
    for number, line in enumerate(lines):
        for column, cell in enumerate(line):
            # Every cell as text, or the spreadsheet would shorten long identifiers when they are mended.
            sheet.write_string(number, column, cell, text)
    sheet.set_column(0, len(lines[0]) - 1, 18, text)
    book.close()
    return buffer.getvalue()
