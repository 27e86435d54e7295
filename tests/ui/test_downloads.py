"""A file that leaves the product: readable by a spreadsheet, and harmless to it."""

import csv
import io
from datetime import datetime

import pandas as pd
import pytest

from closedloop.ui.downloads import BOM, csv_lines, safe_cell


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
