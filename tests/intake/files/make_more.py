"""More odd and bad files, of the kinds in which something was once lost or taken wrongly: see ``make.py``,
which writes them with its own."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import re
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import xlsxwriter
import xlwt

from tests.intake.files.parts import HEADER, MORNING, SERIAL, TWO, biff, text, xlsx, zipped
from tests.intake.files.register import MAKERS, file

Fill = Callable[[xlsxwriter.Workbook, Any], object]
A3 = ["A3", "S01", "2025-04-25 10:30:00", "", ""]


def moments(written: list[str], first: int = 1) -> list[list[str]]:
    """One record for each way of writing a moment."""
    return [[f"A{n}", "S01", moment, "", ""] for n, moment in enumerate(written, start=first)]


def book(fill: Fill, rows: list[list[str]] | None = None, **options: object) -> bytes:
    """A workbook with a sheet of the usual rows, or of these, that ``fill`` then writes to."""
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out, {"in_memory": True, **options})
    made.set_properties({"created": dt.datetime(2025, 4, 25)})
    page = made.add_worksheet("数据")
    for r, row in enumerate([HEADER, *TWO] if rows is None else rows):
        for c, value in enumerate(row):
            if value:
                page.write(r, c, value)
    fill(made, page)
    made.close()
    return out.getvalue()


def changed(data: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """A workbook with one of its parts changed."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    return zipped({**parts, part: change(parts[part])})


# ------------------------------------------------------------------ how texts are laid out


@file("unmarked_unicode.csv")
def _() -> bytes:
    return text([HEADER, *TWO], ",", "utf-16-le", "\r\n")


@file("unmarked_unicode_big_endian.txt")
def _() -> bytes:
    return text([HEADER, *TWO], "\t", "utf-16-be", "\r\n")


@file("old_mac_new_last_line.csv")
def _() -> bytes:
    return text([HEADER, *TWO], line="\r") + text([A3], line="\r\n")


@file("three_line_ends.csv")
def _() -> bytes:
    return text([HEADER], line="\r\n") + text([TWO[0]]) + text([TWO[1]], line="\r") + text([A3])


@file("separators_after_the_rows.csv")
def _() -> bytes:
    # The last row has lost a cell, and would fit the header with the separator at its end.
    return text([HEADER, *([*row, ""] for row in TWO), ["A3", "S01", "2025-04-25 10:30:00", "新街3号", ""]])


@file("end_of_file_mark.csv")
def _() -> bytes:
    return b"sep=;\r\n" + text([HEADER, *TWO], ";", "gb18030", "\r\n") + b"\x1a"


@file("nul_characters.csv")
def _() -> bytes:
    return text([HEADER, *TWO]).replace("新街2号".encode(), b"\0" * 8)


@file("many_notes_above.csv")
def _() -> bytes:
    return text([*([f"填表说明第{n}条", "", "", "", ""] for n in range(1, 31)), HEADER, *TWO])


@file("kept_as_text.csv")
def _() -> bytes:
    rows = [
        ["'202504253302030001", "S01", "'2025-04-25 08:30:00", "", "姜山路'阿三'店"],
        ["`202504253302030002", "'S01", "\t2025-04-25 09:30:00", "", ""],
    ]
    return text([HEADER, *rows])


@file("invisible_characters.csv")
def _() -> bytes:
    rows = [
        ["A\u200b1", "S01\ufeff", "\u202d2025-04-25 08:30:00\u202c", "", "姜山路\x071号"],
        ["A\u00a02", "\u00a0S01", "2025-04-25\u00a009:30:00", "", ""],
        ["A 2", "S01", "2025-04-25 10:30:00", "", ""],
    ]
    return text([["警情编号\u200b", "派出所编号", "\u200e接警时间", *HEADER[3:]], *rows])


@file("two_numbers_in_a_cell.csv")
def _() -> bytes:
    return text([HEADER, ["A1\nA2", *TWO[0][1:]], TWO[1]])


# ------------------------------------------------------------------ numbers, times, yes and no


@file("numbers_as_fractions.csv")
def _() -> bytes:
    return text([HEADER, ["202504253302.0", *TWO[0][1:]], ["202504253303.0", *TWO[1][1:]]])


@file("long_numbers_as_fractions.csv")
def _() -> bytes:
    return text([HEADER, ["202504253302030016.0", *TWO[0][1:]]])


@file("small_exponent.csv")
def _() -> bytes:
    return text([HEADER, TWO[0], ["2.02504e17", *TWO[1][1:]]])


@file("run_together.csv")
def _() -> bytes:
    return text(
        [
            HEADER,
            *moments(["202504250830", "20250425083000", "20250425 08:30", "2025-04-2508:30:00"]),
            *moments(["2025111010203", "2025-4-108:30", "2025042508300", "1745541000"], first=5),
        ]
    )


@file("offsets.csv")
def _() -> bytes:
    return text(
        [
            HEADER,
            *moments(
                [
                    "2025-04-25T00:30:00Z",
                    "2025-04-25 08:30:00 +0800",
                    "2025-04-25T08:30:00.000+08:00",
                    "2025-04-25 00:30:00 UTC",
                    "Fri Apr 25 2025 08:30:00 GMT+0800",
                ]
            ),
        ]
    )


@file("impossible_times.csv")
def _() -> bytes:
    return text(
        [
            HEADER,
            *moments(["2025-02-30 08:30", "2025-04-25 24:00", "2052-04-25 08:30", "1925-04-25 08:30"]),
            ["A5", "S01", "2025-04-25 08:30", "2205-04-25 08:31", ""],
        ]
    )


@file("a_duration.xlsx")
def _() -> bytes:
    rows = [
        ["A1", "S01", (1.5, "[h]:mm")],
        ["A2", "S01", (0.25, "hh:mm")],
        ["A3", "S01", True],
        ["A4", "S01", 20250425083000],
    ]
    return xlsx([HEADER[:3], *rows])


@file("days_only.xlsx")
def _() -> bytes:
    day = (dt.datetime(2025, 4, 25), "yyyy-mm-dd")
    return xlsx([HEADER[:3], ["A1", "S01", day], ["A2", "S01", day], ["A3", "S01", day]])


@file("days_from_1904.xlsx")
def _() -> bytes:
    def fill(made: xlsxwriter.Workbook, page: Any) -> None:
        page.write_datetime(1, 2, MORNING, made.add_format({"num_format": "yyyy-mm-dd hh:mm"}))
        page.write_number(2, 2, SERIAL - 1462)

    return book(fill, date_1904=True)


@file("ticks.csv")
def _() -> bytes:
    marks = ["√", "×", "有效", "无效", "✔", "-"]
    return text(
        [[*HEADER[:3], "是否有效警情"], *([f"A{n}", *TWO[0][1:3], mark] for n, mark in enumerate(marks, 1))]
    )


# ------------------------------------------------------------------ what stands around the records


@file("remarks_first.csv")
def _() -> bytes:
    return text([["处理结果", *HEADER], ["备注：双方和解", *TWO[0]], ["说明：已处理", *TWO[1]]])


@file("signatures.xlsx")
def _() -> bytes:
    return xlsx(
        [
            HEADER,
            *TWO,
            ["合计：共2起，其中有效1起"],
            ["本月总数", "", 2],
            ["填报单位（盖章）：姜山所"],
            ["制表人：", "张三", "", "", "2025-4-25"],
            ["第1页 共3页"],
            ["打印时间 2025-04-25 10:00"],
            ["（以下空白）"],
        ]
    )


@file("printed_form.xlsx")
def _() -> bytes:
    return xlsx(
        [["序号", *HEADER], [1, 2, 3, 4, 5, 6], [1, *TWO[0]], [2, *TWO[1]], [3], [4], ["合计", "", 2]]
    )


@file("merged_stations.xlsx")
def _() -> bytes:
    def fill(made: xlsxwriter.Workbook, page: Any) -> None:
        for column, name in enumerate(["备注", "派出所编号", "警情编号", "接警时间", "警情地点"]):
            page.write(0, column, name)
        plain = made.add_format({})
        page.merge_range(1, 1, 3, 1, "S01", plain)
        page.merge_range(4, 1, 5, 1, "S02", plain)
        page.merge_range(1, 4, 2, 4, "姜山路1号", plain)
        for row in range(1, 6):
            page.write(row, 2, f"A{row}")
            page.write(row, 3, f"2025-04-25 08:3{row}:00")

    return book(fill, rows=[])


@file("merged_stations.xls")
def _() -> bytes:
    made = xlwt.Workbook(encoding="utf-8")
    page = made.add_sheet("数据")
    for column, name in enumerate(["派出所编号", "警情编号", "接警时间"]):
        page.write(0, column, name)
    page.write_merge(1, 2, 0, 0, "S01")
    for row in (1, 2):
        page.write(row, 1, f"A{row}")
        page.write(row, 2, f"2025-04-25 08:3{row}:00")
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


@file("other_words.csv")
def _() -> bytes:
    header = ["警情编号", "派出所编码", "接警时间", "报警电话", "出警时间"]
    return text([header, ["A1", "S01", "2025-04-25 08:30:00", "13912345678", "2025-04-25 08:31:00"]])


# ------------------------------------------------------------------ workbooks


@file("hidden_copy.xlsx")
def _() -> bytes:
    def fill(made: xlsxwriter.Workbook, page: Any) -> None:
        old = made.add_worksheet("备份")
        for column, name in enumerate(HEADER):
            old.write(0, column, name)
        old.write(1, 0, "A0")
        old.hide()

    return book(fill)


@file("hidden_rows_only.xlsx")
def _() -> bytes:
    def fill(made: xlsxwriter.Workbook, page: Any) -> None:
        made.add_worksheet("汇总").write(0, 0, "姜山所 2 起")
        made.get_worksheet_by_name("汇总").activate()
        page.hide()
        made.add_chartsheet("图表").set_chart(_chart(made))

    return book(fill)


def _chart(made: xlsxwriter.Workbook) -> Any:
    chart = made.add_chart({"type": "line"})
    chart.add_series({"values": "=数据!$A$2:$A$3"})
    return chart


@file("formulas_never_worked_out.xlsx")
def _() -> bytes:
    data = book(lambda made, page: page.write_formula(2, 3, "=C3", None, "LATER"))
    return changed(
        data,
        "xl/worksheets/sheet1.xml",
        lambda xml: re.sub(rb' t="str"><f>C3</f><v>LATER</v>', rb"><f>C3</f><v></v>", xml),
    )


@file("space_in_the_last_cell.xlsx")
def _() -> bytes:
    return book(lambda made, page: page.write_string(1048575, 16383, " "))


@file("coloured_to_the_last_cell.xlsx")
def _() -> bytes:
    return book(lambda made, page: page.write_blank(1048575, 16383, None, made.add_format({"bold": True})))


@file("repeated_without_end.ods")
def _() -> bytes:
    repeated = (
        '<table:table-row table:number-rows-repeated="1048570"><table:table-cell '
        'table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell></table:table-row>'
        "</table:table>"
    )
    return changed(
        MAKERS["open_document.ods"](),
        "content.xml",
        lambda xml: xml.replace(b"</table:table>", repeated.encode()),
    )


@file("strict.xlsx")
def _() -> bytes:
    with zipfile.ZipFile(io.BytesIO(xlsx([HEADER, *TWO]))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    schemas = b"http://schemas.openxmlformats.org/"
    strict = b"http://purl.oclc.org/ooxml/"
    return zipped(
        {
            name.replace("/", "\\"): part.replace(
                schemas + b"spreadsheetml/2006/main", strict + b"spreadsheetml/main"
            ).replace(schemas + b"officeDocument/2006/", strict + b"officeDocument/")
            for name, part in parts.items()
        }
    )


@file("entities.xlsx")
def _() -> bytes:
    nested = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(12))
    return changed(
        xlsx([HEADER, *TWO]),
        "xl/sharedStrings.xml",
        lambda xml: xml.replace(b"<sst", f"<!DOCTYPE sst [{nested}]><sst".encode(), 1).replace(
            "姜山路1号".encode(), b"&l11;"
        ),
    )


@file("excel_95.xls")
def _() -> bytes:
    # The name of the stream tells the two apart.
    new, old = ((name.encode("utf-16-le") + b"\0\0") for name in ("Workbook", "Book"))
    return biff([HEADER, *TWO]).replace(new, old + b"\0" * (len(new) - len(old)), 1)


@file("excel_4.xls")
def _() -> bytes:
    return struct.pack("<HHHHH", 0x0409, 6, 0, 16, 0) + struct.pack("<HH", 0x000A, 0)


@file("plain_pdf.xlsx")
def _() -> bytes:
    return b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n%%EOF\n"


@file("rich_text.xls")
def _() -> bytes:
    return rb"{\rtf1\ansi\ansicpg936\trowd A1\cell S01\cell\row}"


@file("records.json")
def _() -> bytes:
    return '[{"警情编号": "A1", "派出所编号": "S01", "接警时间": "2025-04-25 08:30:00"}]'.encode()


@file("with_thumbnails.zip")
def _() -> bytes:
    return zipped(
        {"四月/警情.csv": text([HEADER, *TWO]), "四月/Thumbs.db": b"\xd0\xcf", "四月/.DS_Store": b"\0"}
    )


@file("more_after_the_end.csv.gz")
def _() -> bytes:
    return gzip.compress(text([HEADER, *TWO]), mtime=0) + b"more"
