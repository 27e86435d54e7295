"""Every kind of file becomes the same table of strings; what cannot be read says why in one sentence."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import zipfile

import pytest
import xlsxwriter

from closedloop.intake.reading import ROW, read_bytes
from closedloop.intake.refused import RefusedFile

TEXT = """\
警情编号,警情地点,接警时间
A1,姜山路1号,2025-04-25 08:30:00
A2,"新街, 2号
二楼",2025-04-25 09:00:00
A3,,
"""
WANTED = {"警情编号", "接警时间"}
EXPECTED = [
    (2, "A1", "姜山路1号", "2025-04-25 08:30:00"),
    (3, "A2", "新街, 2号\n二楼", "2025-04-25 09:00:00"),
    (4, "A3", None, None),
]


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return out.getvalue()


def workbook(rows: list[list[object]], sheets: tuple[str, ...] = ("Sheet1",)) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "yyyy-mm-dd hh:mm:ss"})
    for sheet in sheets[:-1]:
        book.add_worksheet(sheet).write(0, 0, "说明")
    page = book.add_worksheet(sheets[-1])
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if value is not None:
                page.write(r, c, value)
    book.close()
    return out.getvalue()


def rows_of(data: bytes, name: str = "incidents.csv") -> list[tuple]:
    frame = read_bytes(data, name, WANTED).frame
    return [tuple(None if cell == "" else cell for cell in row) for row in frame.rows()]


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        b"\xef\xbb\xbf" + TEXT.encode(),
        TEXT.encode("gb18030"),
        TEXT.replace("\n", "\r\n").replace("号\r\n二", "号\n二").encode(),
        ("警情登记表\n\n" + TEXT).encode(),
        TEXT.replace(",", "\t").replace("新街\t", "新街,").encode(),
        gzip.compress(TEXT.encode()),
        zipped(a__csv=TEXT.encode()),
        gzip.compress(TEXT.encode("gb18030")),
    ],
    ids=["utf-8", "bom", "gb18030", "crlf", "title rows", "tabs", "gzip", "zip", "gzip of gb18030"],
)
def test_a_text_table_is_read_whatever_its_encoding_and_packing(data):
    rows = rows_of(data)
    shift = rows[0][0] - 2
    assert shift in (0, 2)
    assert [(r[0] - shift, *r[1:]) for r in rows] == EXPECTED


def test_a_workbook_is_read_with_dates_and_numbers_as_text_and_its_row_numbers():
    moment = dt.datetime(2025, 4, 25, 8, 30)
    data = workbook(
        [
            [],
            ["警情登记表"],
            ["警情编号", "警情地点", "接警时间"],
            ["A1", "姜山路1号", moment],
            [12, "二", "2025-04-25 09:00:00"],
            [],
            ["A3", None, None],
        ],
        ("说明", "数据"),
    )
    source = read_bytes(data, "named.csv", WANTED)
    assert source.frame.rows() == [
        (4, "A1", "姜山路1号", "2025-04-25 08:30:00"),
        (5, "12", "二", "2025-04-25 09:00:00"),
        (7, "A3", None, None),
    ]
    assert source.numeric["警情编号"].to_list() == [False, True, False]


def test_a_total_row_at_the_end_is_no_record():
    source = read_bytes((TEXT + "合计,3,\n").encode(), "a.csv", WANTED)
    assert source.rows == 3
    assert source.notes == ("1 total row(s) 合计 left out",)


@pytest.mark.parametrize(
    ("broken", "row"),
    [("A9,a,b,c\n", 5), ("A9,a\n", 5), ('A9,"a"b,c\n', 5)],
    ids=["too many cells", "too few cells", "a quote in a quoted cell"],
)
def test_a_line_that_cannot_be_taken_apart_is_set_aside_and_the_rest_is_read(broken, row):
    source = read_bytes((TEXT + broken + "A4,x,\n").encode(), "a.csv", WANTED)
    assert [u.row for u in source.unparseable] == [row]
    assert source.frame[ROW].to_list() == [2, 3, 4, row + 1]
    assert source.rows == 5


def test_what_unpacks_to_more_than_may_be_is_refused():
    data = gzip.compress(b"a,b\n" + b"1,2\n" * 1_000_000)
    with pytest.raises(RefusedFile) as refusal:
        read_bytes(data, "a.csv", WANTED, most_bytes=1024**2)
    assert str(refusal.value) == "a.csv unpacks to more than 1 MB; export it in parts."
    assert refusal.value.zh == "a.csv 解压后超过 1 MB；请分批导出。"


def test_a_small_page_may_not_ask_for_a_large_table():
    page = b"<table>" + b"<tr><td colspan=2000>1</td></tr>" * 11_000 + b"</table>"
    with pytest.raises(RefusedFile, match="a web page with a table too large to read; export it as CSV"):
        read_bytes(page, "a.xls", WANTED)


def test_a_page_fetches_nothing_and_expands_nothing(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    page = f"""<!DOCTYPE html [<!ENTITY x SYSTEM "file://{secret}"><!ENTITY y "yyyy">]>
    <html><table><tr><td>警情编号</td><td>接警时间</td></tr><tr><td>&x;&y;A</td><td>1</td></tr></table></html>"""
    read = read_bytes(page.encode(), "a.xls", WANTED).frame.rows()
    assert "secret" not in repr(read)
    assert "yyyy" not in repr(read)


def test_a_telephone_number_in_a_file_name_is_masked():
    assert read_bytes(TEXT.encode(), "警情13800138000.csv", WANTED).name == "警情[电话].csv"
