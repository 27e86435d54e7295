"""A file that leaves the product: readable by a spreadsheet, and harmless to it."""

import csv
import io
import zipfile
from datetime import datetime

import fastexcel
import pandas as pd
import pytest

from closedloop.ui.exports.cells import safe_cell
from closedloop.ui.exports.csv_file import BOM, csv_lines
from closedloop.ui.exports.workbook import workbook


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum(A1)", "\tx", "\r=1", '=HYPERLINK("http://x")'])
def test_no_cell_is_a_formula(text):
    assert safe_cell(text) == "'" + text


def test_numbers_and_times_stay_what_they_are():
    assert safe_cell(-1.5) == "-1.50"
    assert safe_cell(12) == "12"
    assert safe_cell(datetime(2025, 4, 25, 8, 0)) == "2025-04-25 08:00"
    assert safe_cell(True) == "1"
    assert safe_cell(False) == ""


@pytest.mark.parametrize("nothing", [None, float("nan"), pd.NaT])
def test_what_is_not_known_is_an_empty_cell(nothing):
    assert safe_cell(nothing) == ""


def test_a_download_says_what_it_is_before_it_says_anything_else():
    frame = pd.DataFrame({"a": ["=cmd", '一,"二"\n三'], "b": [1.0, None]})
    text = "".join(csv_lines([("As of", "2025-04-25 08:00"), ("Filters", "=x")], ["甲", "-乙"], frame))
    assert text.startswith(BOM)
    rows = list(csv.reader(io.StringIO(text.removeprefix(BOM))))
    assert rows == [
        ["As of", "2025-04-25 08:00"],
        ["Filters", "'=x"],
        [],
        ["甲", "'-乙"],
        ["'=cmd", "1.00"],
        ['一,"二"\n三', ""],
    ]


def test_a_workbook_keeps_types_and_has_no_formula(tmp_path):
    frame = pd.DataFrame(
        {
            "a": ["=1+1", "+x", '=HYPERLINK("http://x")', "一\n二"],
            "n": [1, -2, 3, 4],
            "r": [0.5, None, 1.0, 2.0],
            "at": [datetime(2025, 4, 25, 8), None, None, None],
        }
    )
    (tmp_path / "list.xlsx").write_bytes(
        workbook("未闭环[1]", [("截至", "=now()")], ["-甲", "n", "r", "at"], frame)
    )
    with zipfile.ZipFile(tmp_path / "list.xlsx") as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet
        assert not any("hyperlink" in name.lower() for name in parts.namelist())
    rows = fastexcel.read_excel(tmp_path / "list.xlsx").load_sheet(0, header_row=2).to_polars()
    assert rows.columns == ["-甲", "n", "r", "at"]
    assert rows["-甲"].to_list() == ["=1+1", "+x", '=HYPERLINK("http://x")', "一\n二"]
    assert rows["n"].to_list() == [1, -2, 3, 4]
    assert rows["r"].to_list() == [0.5, None, 1.0, 2.0]
    assert rows["at"].to_list()[0] == datetime(2025, 4, 25, 8)


def test_an_empty_list_is_a_workbook_too():
    assert workbook("x", [], ["a"], pd.DataFrame({"a": []}))[:2] == b"PK"
