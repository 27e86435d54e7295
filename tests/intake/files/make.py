"""Writes the odd and bad files that stand beside this script: ``python -m tests.intake.files.make``.

Each is what a police station really hands over: saved by an old spreadsheet, exported by a web system under
the name of one, put together by hand, cut short, locked. What each of them gets stands in
``tests/intake/test_odd_files.py``. The same script gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
import gzip
import io
import struct
import zlib

import xlsxwriter

from tests.intake.files import make_more
from tests.intake.files.parts import (
    HEADER,
    MORNING,
    SERIAL,
    TWO,
    biff,
    sheet,
    text,
    with_directory_changed,
    xlsx,
    zipped,
)
from tests.intake.files.register import FOLDER, MAKERS, file

__all__ = ["FOLDER", "HEADER", "MAKERS", "make_more", "text", "xlsx"]

# ------------------------------------------------------------------ odd files that are loaded


@file("excel_97.xls")
def _() -> bytes:
    return biff(
        [
            ["四月警情登记表"],
            HEADER,
            [202504253302031.0, "S01", (MORNING, "yyyy-mm-dd hh:mm:ss"), (MORNING, "h:mm"), "姜山路1号"],
            ["A2", "S01", (MORNING, 'yyyy"年"m"月"d"日" h"时"mm"分"'), "", 12.0],
            ["A3", "S01", "2025-04-25 08:30", "", ""],
            ["合计", "", 3.0],
        ]
    )


@file("web_table.xls")
def _() -> bytes:
    page = """<html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312">
<style>td {mso-number-format:"\\@"}</style></head><body><table><tr><td>某某系统</td></tr></table>
<table border="1">
<tr><td colspan="5" align="center"><b>警情登记表</b></td></tr>
<tr><th rowspan="2">警情编号</th><th rowspan="2">派出所编号</th><th colspan="2">时间</th>
<th rowspan="2">警情地点</th></tr>
<tr><th>接警时间</th><th>派警时间</th></tr>
<tr><td>202504253302030001</td><td rowspan="2">S01</td><td>2025-04-25&nbsp;08:30:00</td>
<td></td><td>姜山路1号<br>二楼</td></tr>
<tr><td>202504253302030002</td><td>2025-04-25 09:30:00<td>2025-04-25 09:31:00<td>新街2号 &amp; 3号</tr>
<tr><td>合计</td><td></td><td>2</td><td></td><td></td></tr>
</table></body></html>"""
    return page.encode("gb2312")


@file("tab_text.xls")
def _() -> bytes:
    return text([HEADER, *TWO], "\t", "gb18030", "\r\n")


@file("unicode_text.txt")
def _() -> bytes:
    return b"\xff\xfe" + text([HEADER, *TWO], "\t", "utf-16-le", "\r\n")


@file("semicolons.csv")
def _() -> bytes:
    return text([["警情登记表，一所,二所,三所,四所,五所,六所"], HEADER, *TWO], ";", "utf-8-sig")


@file("old_mac.csv")
def _() -> bytes:
    return text([HEADER, *TWO], line="\r")


@file("rare_characters.csv")
def _() -> bytes:
    return text([HEADER, [*TWO[0][:4], "㙍塘村𠮷家弄1号"], TWO[1]], encoding="gb18030")


@file("packed_twice.zip")
def _() -> bytes:
    return zipped({"警情.csv.gz": gzip.compress(text([HEADER, *TWO]), mtime=0)})


@file("merged_header.xlsx")
def _() -> bytes:
    return xlsx(
        [
            ["警情登记表", "", "", "", "", ""],
            ["警情编号", "派出所编号", "时间", "", "处置", ""],
            ["", "", "接警时间", "派警时间", "情况", "警情地点"],
            ["A1", "S01", MORNING, "", "已到场", "姜山路1号"],
        ]
    )


@file("titles_and_totals.xlsx")
def _() -> bytes:
    return xlsx(
        [
            ["某市公安局"],
            ["警情登记表（2025年4月25日）"],
            [],
            HEADER,
            TWO[0],
            ["姜山所小计", "", "1", "", ""],
            [],
            TWO[1],
            ["新街所小计", "", "1", "", ""],
            ["合 计：", "", "2", "100%", ""],
            ["制表人：张三", "", "审核人：李四", "", "2025年4月25日"],
            ["注：以接警时间为准"],
        ]
    )


@file("full_width.csv")
def _() -> bytes:
    return text(
        [
            ["警情编号", "派出所编号", "接警时间", "处置圈", "警情地点"],
            ["Ａ１", "Ｓ０１", "２０２５－０４－２５　０８：３０：００", "３", "姜山路１号"],
            ["　A2　", "S01　", "2025/4/25　9：30", "１", "新街２号"],
        ]
    )


@file("twelve_hours.csv")
def _() -> bytes:
    times = [
        "2025/4/25 上午8:30:00", "2025-4-25 下午 8:30", "2025/4/25 上午12:05", "2025/4/25 下午12:05",
        "2025-04-25 08:30:00 PM", "2025/4/25 8:30 a.m.", "2025年4月25日 晚上8点半", "2025年4月25日 晚上12点",
    ]  # fmt: skip
    return text([HEADER[:3], *([f"A{n}", "S01", time] for n, time in enumerate(times, start=1))])


@file("short_years.csv")
def _() -> bytes:
    times = ["25-4-25 8:30", "25/04/25 08:30:00", "25年4月25日 8时30分", "4/5/25 8:30", "31/12/99 08:30"]
    return text([HEADER[:3], *([f"A{n}", "S01", time] for n, time in enumerate(times, start=1))])


@file("chinese_dates.csv")
def _() -> bytes:
    times = [
        "2025年4月25日 8时30分", "2025年04月25日08:30", "2025年4月25日 星期五 8:30", "2025年4月25日8点",
        "2025.4.25 8:30", "2025年4月25日", "四月二十五日八时",
    ]  # fmt: skip
    return text([HEADER[:3], *([f"A{n}", "S01", time] for n, time in enumerate(times, start=1))])


@file("dates_typed_and_text.xlsx")
def _() -> bytes:
    return xlsx(
        [
            HEADER[:3],
            ["A1", "S01", MORNING],
            ["A2", "S01", "2025-04-25 08:30"],
            ["A3", "S01", SERIAL],
            ["A4", "S01", (MORNING, "[$-804]yyyy年m月d日 上午/下午h:mm")],
            ["A5", "S01", "2025/4/25 上午8:30"],
            ["A6", "S01", 45772],
        ]
    )


@file("line_breaks_in_cells.csv")
def _() -> bytes:
    rows = [["警情\n编号", "派出所编号", "接警\n时间", "派警时间", "警情地点"]]
    rows += [["A1", "S01", "2025-04-25\n08:30:00", "", "姜山路1号\n二楼, 东侧"], TWO[1]]
    return text(rows, line="\r\n")


@file("numbers_for_ids.xlsx")
def _() -> bytes:
    rows = [
        [202504253302031, 1, MORNING, "", 3],
        ["202504253302030002", "1", MORNING, "", "4号"],
        [7.0, 2, MORNING],
    ]
    return xlsx([HEADER, *rows])


@file("kept_as_formulas.csv")
def _() -> bytes:
    rows = [
        ",".join(HEADER[:3]),
        '="202504253302030001","=""S01""",2025-04-25 08:30:00',
        '="0002",S01,"=""2025-04-25 09:30:00"""',
    ]
    return "\n".join([*rows, ""]).encode()


@file("total_in_a_text.csv")
def _() -> bytes:
    rows = [
        ["合计", "S01", "2025-04-25 08:30:00", "", "合计超市"],
        ["A2", "S01", "2025-04-25 09:30:00", "", "总计路2号，合计"],
        ["", "合计", "2025-04-25 10:30:00", "", "小计"],
        ["总计", "", "2", "1", ""],
    ]
    return text([HEADER, *rows])


@file("printed_pages.csv")
def _() -> bytes:
    return text([HEADER, TWO[0], ["本页小计", "", "1", "", ""], ["", "", "", "", ""], HEADER, TWO[1]])


@file("one_sheet_of_three.xlsx")
def _() -> bytes:
    return xlsx(
        [["说明"], ["本表由系统导出"]], [HEADER, *TWO], [["派出所编号", "件数"], ["S01", 2]],
        names=("说明", "明细", "统计"),
    )  # fmt: skip


@file("blank_columns.xlsx")
def _() -> bytes:
    rows = [["", h1, "", h2, h3] for h1, h2, h3 in ([*HEADER[:3]], *(row[:3] for row in TWO))]
    return xlsx([[], *rows])


@file("failed_formulas.xlsx")
def _() -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "yyyy/m/d h:mm"})
    book.set_properties({"created": dt.datetime(2025, 4, 25)})
    sheet([HEADER, ["A1", "S01", MORNING], ["", "S01", MORNING], ["A3", "S01", MORNING]], book, "数据")
    page = book.get_worksheet_by_name("数据")
    page.write_formula(2, 0, "=VLOOKUP(1,B1:B2,1,FALSE)", None, "#N/A")
    page.write_formula(3, 3, "=1/0", None, "#DIV/0!")
    book.close()
    return out.getvalue()


@file("decorated_headers.xlsx")
def _() -> bytes:
    rows = [["*警情编号", "派出所编号（必填）", "接警\n时间", " 派警时间： ", "警情地点*"], *TWO]
    return xlsx(rows)


@file("open_document.ods")
def _() -> bytes:
    def cells(row: list[str]) -> str:
        return "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
            for cell in row
        )

    rows = "".join(f"<table:table-row>{cells(row)}</table:table-row>" for row in [HEADER, *TWO])
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"><office:body>'
        f'<office:spreadsheet><table:table table:name="数据">{rows}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
        'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        "</manifest:manifest>"
    )
    parts = {"mimetype": kind, "META-INF/manifest.xml": manifest, "content.xml": content}
    return zipped({name: part.encode() for name, part in parts.items()})


@file("persons.csv")
def _() -> bytes:
    rows = [
        [*HEADER[:3], "报警人", "联系电话", "报警人标识", "警情地点"],
        [
            "A1",
            "S01",
            "2025-04-25 08:30:00",
            "张三",
            "13912345678",
            "13912345678",
            "姜山路1号，电话 139-1234-5678",
        ],
        ["13912345678", "S01", "2025-04-25 08:30:00", "李四", "13912345679", "", ""],
    ]
    return text(rows)


# ------------------------------------------------------------------ files that are refused


@file("empty.csv")
def _() -> bytes:
    return b"\xef\xbb\xbf"


@file("blank.csv")
def _() -> bytes:
    return b" \r\n\t\r\n"


@file("header_only.csv")
def _() -> bytes:
    return text([["警情登记表"], HEADER])


@file("cut_short.xlsx")
def _() -> bytes:
    return xlsx([HEADER, *TWO])[:-300]


@file("cut_short.csv.gz")
def _() -> bytes:
    return gzip.compress(text([HEADER, *TWO * 40]), mtime=0)[:-12]


@file("damaged.zip")
def _() -> bytes:
    data = zipped({"a.csv": text([HEADER, *TWO])})
    return with_directory_changed(data, 16, b"\0\0\0\0")


@file("damaged.xls")
def _() -> bytes:
    return biff([HEADER, *TWO])[:1400]


@file("locked.xlsx")
def _() -> bytes:
    # A workbook saved with a password is an OLE file with a stream of this name.
    return (
        biff([HEADER])
        .replace(_utf16("Workbook"), _utf16("EncryptedPackage")[: len(_utf16("Workbook"))])
        .replace(_utf16("Encrypte") + b"\0" * 48, _utf16("EncryptedPackage") + b"\0" * 32, 1)
    )


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-le")


@file("locked.xls")
def _() -> bytes:
    data = biff([HEADER])
    at = data.index(b"\x09\x08\x10\x00") + 20
    # The record FILEPASS instead of the one that names the interface.
    return data[:at] + struct.pack("<H", 0x2F) + data[at + 2 :]


@file("locked.zip")
def _() -> bytes:
    return with_directory_changed(zipped({"a.csv": text([HEADER, *TWO])}), 8, b"\x01\x00")


@file("bomb.xlsx")
def _() -> bytes:
    # Says of itself that it unpacks to 4 GB.
    return with_directory_changed(xlsx([HEADER, *TWO]), 24, b"\xfe\xff\xff\xff")


@file("packed_three_times.gz")
def _() -> bytes:
    data = text([HEADER, *TWO])
    for _ in range(3):
        data = gzip.compress(data, mtime=0)
    return data


@file("two_tables.zip")
def _() -> bytes:
    return zipped({"a.csv": text([HEADER, TWO[0]]), "b.csv": text([HEADER, TWO[1]])})


@file("scan.csv")
def _() -> bytes:
    return b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n\0\0\0"


@file("binary.csv")
def _() -> bytes:
    return zlib.compress(bytes(range(256)) * 20) + b"\0\0"


@file("letter.xlsx")
def _() -> bytes:
    return zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w:document/>"})


@file("letter.xls")
def _() -> bytes:
    name = "Workbook"
    return biff([HEADER]).replace(_utf16(name) + b"\0" * 8, _utf16("WordDocument"), 1)


@file("sign_in_page.xls")
def _() -> bytes:
    return '<!DOCTYPE html>\n<html><body><form action="/login">请登录</form></body></html>'.encode()


@file("web_archive.xls")
def _() -> bytes:
    return (
        b'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="x"\n\n--x\n<table><tr><td>1</td></tr>'
    )


@file("xml_2003.xls")
def _() -> bytes:
    return (
        b'<?xml version="1.0"?>\n<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"></Workbook>\n'
    )


@file("lost_digits.xlsx")
def _() -> bytes:
    rows = [
        ["A1", "S01", MORNING],
        [202504253302030001, "S01", MORNING],
        [202504253302030002, "S01", MORNING],
    ]
    return xlsx([["警情登记表"], HEADER[:3], *rows])


@file("lost_digits.xls")
def _() -> bytes:
    return biff([HEADER[:3], [202504253302030001.0, "S01", "2025-04-25 08:30:00"]])


@file("lost_digits.csv")
def _() -> bytes:
    return text([HEADER[:3], ["3.30203E+17", "S01", "2025-04-25 08:30:00"]])


@file("header_twice.csv")
def _() -> bytes:
    return text([[*HEADER, "接警时间"], [*TWO[0], ""]])


@file("two_names_of_one_field.csv")
def _() -> bytes:
    return text([[*HEADER, "received_at"], [*TWO[0], ""]])


@file("no_id.csv")
def _() -> bytes:
    return text([HEADER[1:], TWO[0][1:]])


@file("no_header.csv")
def _() -> bytes:
    return text(TWO)


@file("mixed_encodings.csv")
def _() -> bytes:
    return text([HEADER, TWO[0]]) + text([TWO[1]], encoding="gb18030")


@file("broken_character.csv")
def _() -> bytes:
    return text([HEADER, *TWO]).replace("姜".encode(), "姜".encode()[:2], 1)


@file("western_european.csv")
def _() -> bytes:
    return (
        "name;ort\nJosé Müller;Köln, Straße 1\nRenée;Besançon\nZoë;Århus\n".encode("latin-1") + b"\xff\xfe\n"
    )


@file("cut_short_unicode.txt")
def _() -> bytes:
    return MAKERS["unicode_text.txt"]()[:-3]


@file("open_quote.csv")
def _() -> bytes:
    return text([HEADER, *TWO]) + '"A3,S01,2025-04-25 10:30:00,,新街\n'.encode()


@file("two_months.xlsx")
def _() -> bytes:
    return xlsx([HEADER, TWO[0]], [HEADER, TWO[1]], names=("三月", "四月"))


def main() -> None:
    for name, make in MAKERS.items():
        (FOLDER / name).write_bytes(make())
    print(f"{len(MAKERS)} files in {FOLDER}")


if __name__ == "__main__":
    main()
