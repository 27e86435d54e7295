"""What the odd files are put together from."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import xlsxwriter
import xlwt

MORNING = dt.datetime(2025, 4, 25, 8, 30)
#: The same moment as a spreadsheet counts it.
SERIAL = 45772.354166666664
HEADER = ["警情编号", "派出所编号", "接警时间", "派警时间", "警情地点"]
TWO = [
    ["A1", "S01", "2025-04-25 08:30:00", "2025-04-25 08:31:00", "姜山路1号"],
    ["A2", "S01", "2025-04-25 09:30:00", "", "新街2号"],
]


def text(rows: list[list[str]], separator: str = ",", encoding: str = "utf-8", line: str = "\n") -> bytes:
    """Lines of cells; a cell that holds the separator or a line break is quoted."""

    def cell(value: str) -> str:
        return f'"{value}"' if separator in value or "\n" in value else value

    return "".join(separator.join(map(cell, row)) + line for row in rows).encode(encoding)


def sheet(rows: list[list[object]], book: xlsxwriter.Workbook, name: str) -> None:
    """Rows of plain values; a moment is written as one, as ``(value, format)`` if it has a format."""
    page = book.add_worksheet(name)
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if isinstance(value, tuple):
                page.write(r, c, value[0], book.add_format({"num_format": value[1]}))
            elif value not in (None, ""):
                page.write(r, c, value)


def xlsx(*sheets: list[list[object]], names: tuple[str, ...] = ("数据",)) -> bytes:
    out = io.BytesIO()
    options = {"in_memory": True, "default_date_format": "yyyy/m/d h:mm", "strings_to_formulas": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"created": dt.datetime(2025, 4, 25)})
    for name, rows in zip(names, sheets, strict=True):
        sheet(rows, book, name)
    book.close()
    return out.getvalue()


def biff(rows: list[list[object]]) -> bytes:
    """An XLS of Excel 97 to 2003."""
    book = xlwt.Workbook(encoding="utf-8")
    page = book.add_sheet("数据")
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if isinstance(value, tuple):
                page.write(r, c, value[0], xlwt.easyxf(num_format_str=value[1]))
            elif value not in (None, ""):
                page.write(r, c, value)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2025, 4, 25, 8, 0, 0)), content)
    return out.getvalue()


def with_directory_changed(data: bytes, offset: int, value: bytes) -> bytes:
    """A zip whose list of contents says something else of its first member."""
    at = data.index(b"PK\x01\x02") + offset
    return data[:at] + value + data[at + len(value) :]
