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


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "a.csv is empty; export it again."),
        (b" \r\n \n", "a.csv is empty; export it again."),
        (
            workbook([["警情编号"], ["A1"]])[:-200],
            "a.csv is cut short: its beginning is there and its end is missing; copy or export it again.",
        ),
        (
            gzip.compress(TEXT.encode() * 50)[:-9],
            "a.csv is cut short: its beginning is there and its end is missing; copy or export it again.",
        ),
        (b"%PDF-1.7\n\0\0", "a.csv is no table (its content is PDF); export it as CSV or XLSX."),
        (bytes(range(256)) * 4, "a.csv is no table (its content is binary); export it as CSV or XLSX."),
        (TEXT.encode("utf-16"), "a.csv is UTF-16 text; save it as CSV UTF-8."),
        (
            "名称;n\nCafé Müller à côté;1\nÉcole;é,ü\n".encode("latin-1", "ignore") + b"\xe9\xe8,\xff",
            "a.csv is neither UTF-8 nor GB18030 text; save it as CSV UTF-8.",
        ),
        (
            TEXT.encode().replace("姜".encode(), "姜".encode()[:2], 1),
            "a.csv line 2: the text is UTF-8 with a broken character; export it again as UTF-8.",
        ),
        (
            TEXT.encode() + b'A4,"open,\nA5,b,c\n',
            "a.csv row 5: a quotation mark is opened and never closed; correct "
            "the row or export the file again.",
        ),
        (
            "警情编号,警情编号,接警时间\n1,2,3\n".encode(),
            "a.csv: the column '警情编号' stands twice; remove one of them.",
        ),
        (zipped(a__csv=b"a", b__csv=b"b"), "a.csv holds 2 files; give one table per archive."),
        (
            b"\xd0\xcf\x11\xe0" + b"\0" * 600,
            "a.csv is a workbook that cannot be opened (damaged, or locked with a "
            "password); save it again as XLSX.",
        ),
    ],
    ids=[
        "empty",
        "blank",
        "cut xlsx",
        "cut gzip",
        "pdf",
        "binary",
        "utf-16",
        "latin-1",
        "broken utf-8",
        "open quote",
        "header twice",
        "two in a zip",
        "broken xls",
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_one_sentence(data, sentence):
    with pytest.raises(RefusedFile) as refusal:
        read_bytes(data, "a.csv", WANTED)
    assert str(refusal.value) == sentence
    assert refusal.value.zh


def test_a_telephone_number_in_a_file_name_is_masked():
    assert read_bytes(TEXT.encode(), "警情13800138000.csv", WANTED).name == "警情[电话].csv"
