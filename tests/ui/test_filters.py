"""What the address may ask for, and what becomes of anything else."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from closedloop.ui import filters

ZONE = ZoneInfo("Asia/Shanghai")
LATEST = datetime(2025, 4, 25, 8, tzinfo=ZONE)
HOSTILE = [
    "",
    " ",
    "'; drop table marts.fct_work_items; --",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "%00",
    "\x00",
    "\ud800",
    "9" * 10_000,
    "-1",
    "1e9",
    "NaN",
    "2025-02-30",
    "2025-04-25T25:61",
    "0001-01-01T00:00",
    "9999-12-31T23:59",
    "２０２５-04-25T08:00",
    "2025-04-25T08:00+14:00",
    "*",
    "UNASSIGNED,S01",
    "{0.__class__}",
]


@pytest.mark.parametrize("value", [None, *HOSTILE])
def test_a_moment_that_is_none_becomes_the_latest_one(value):
    assert filters.parse_moment(value, ZONE, LATEST) == LATEST


def test_a_past_moment_is_taken_to_the_minute():
    asked = filters.parse_moment("2025-04-01T09:30", ZONE, LATEST)
    assert asked == datetime(2025, 4, 1, 9, 30, tzinfo=ZONE)
    assert filters.parse_moment("2025-04-25T08:00", ZONE, LATEST) == LATEST


def test_a_moment_after_the_latest_known_is_not_shown_as_known():
    assert filters.parse_moment("2025-04-25T08:01", ZONE, LATEST) == LATEST


def test_what_the_address_writes_it_reads_back():
    moment = datetime(2024, 12, 31, 23, 30, tzinfo=ZONE)
    assert filters.parse_moment(filters.format_moment(moment, ZONE), ZONE, LATEST) == moment


@pytest.mark.parametrize("value", [None, *HOSTILE])
def test_a_day_that_is_none_becomes_the_default(value):
    default, latest = date(2025, 4, 1), date(2025, 4, 24)
    assert filters.parse_day(value, default, latest) == default


def test_a_period_is_in_order_and_at_most_two_years():
    last = date(2025, 4, 24)
    assert filters.parse_period({}, last) == (date(2025, 3, 28), last)
    assert filters.parse_period({"from": "2025-04-01", "to": "2025-04-10"}, last) == (
        date(2025, 4, 1),
        date(2025, 4, 10),
    )
    first, until = filters.parse_period({"from": "2025-04-20", "to": "2025-04-10"}, last)
    assert first < until == date(2025, 4, 10)
    first, until = filters.parse_period({"from": "2000-01-01"}, last)
    assert until - first == timedelta(days=731)


@pytest.mark.parametrize("value", HOSTILE)
def test_no_hostile_value_is_an_option(value):
    assert filters.one_of(value, ("S01", "S02"), "S01") == "S01"
    assert filters.some_of([value, "S02", "S02"], ("S01", "S02")) == ("S02",)
    assert filters.parse_number(value, 7, 90) == 7


def test_control_characters_are_no_part_of_a_text():
    assert filters.printable("ZL\x00-1\n\u202e2 警情") == "ZL-12 警情"
