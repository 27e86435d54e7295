"""Texts become times, dates, numbers and flags, or are named as none."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from closedloop.intake.validation.numbers import parse_decimals, parse_doubles, parse_flags, parse_integers
from closedloop.intake.validation.times import parse_dates, parse_times


@pytest.mark.parametrize(
    "text",
    [
        "2025-04-25 08:30:00",
        "2025-04-25T08:30:00",
        "2025/4/25 8:30",
        "2025-04-25 08:30",
        "2025年4月25日 08时30分",
        "２０２５-04-25 08：30：00",
        "20250425083000",
        "2025-04-25T00:30:00Z",
        "2025-04-25 00:30:00+00:00",
        "2025-04-25T01:30:00+01",
        "2025-04-24T20:30:00-0400",
        "2025-04-25 08:30:00.000",
        "202504250830",
        "2025-04-25 08:30:00 +0800",
        # A day's column joined with a time's.
        "2025-04-25 00:00:00 08:30:00",
        "2025-04-25 00:00:00 8:30",
    ],
)
def test_a_moment_may_be_written_in_many_ways(text):
    moments, wrong, skipped = parse_times(pl.Series([text, None]), "Asia/Shanghai")
    assert moments.to_list() == [dt.datetime(2025, 4, 25, 0, 30, tzinfo=dt.UTC), None]
    assert not wrong.any()
    assert not skipped.any()


@pytest.mark.parametrize(
    "text",
    [
        "2025-04-25",
        "2025111010203",
        "2025-4-108:30",
        "昨天",
        "2025-13-01 08:00:00",
        "0025-04-25 08:30:00",
        "8:30",
    ],
)
def test_a_day_alone_or_an_impossible_time_is_no_moment(text):
    moments, wrong, _ = parse_times(pl.Series([text]), "Asia/Shanghai")
    assert moments.to_list() == [None]
    assert wrong.to_list() == [True]


def test_ways_of_writing_may_be_mixed_in_one_column_however_long():
    texts = ["2025-04-25 08:30:00"] * 5000 + ["2025/4/25 8:30", "nonsense"] + ["2025-04-25T00:30:00Z"]
    moments, wrong, _ = parse_times(pl.Series(texts), "Asia/Shanghai")
    assert wrong.arg_true().to_list() == [5001]
    assert moments.drop_nulls().unique().to_list() == [dt.datetime(2025, 4, 25, 0, 30, tzinfo=dt.UTC)]


def test_an_hour_that_clocks_skipped_is_named_and_one_they_repeated_is_the_earlier():
    moments, wrong, skipped = parse_times(
        pl.Series(["2016-03-13 02:30:00", "2016-11-06 01:30:00"]), "America/New_York"
    )
    assert skipped.to_list() == [True, False]
    assert not wrong.any()
    assert moments[1] == dt.datetime(2016, 11, 6, 5, 30, tzinfo=dt.UTC)


def test_a_format_of_the_mapping_is_the_only_one_tried():
    moments, wrong, _ = parse_times(
        pl.Series(["04/25/2025 08:30 AM", "2025-04-25 08:30:00"]), "UTC", ("%m/%d/%Y %I:%M %p",)
    )
    assert moments[0] == dt.datetime(2025, 4, 25, 8, 30, tzinfo=dt.UTC)
    assert wrong.to_list() == [False, True]


def test_a_date_may_carry_midnight_and_nothing_else():
    dates, wrong = parse_dates(
        pl.Series(["2025-04-25", "2025/4/25", "2025-04-25 00:00:00", "2025-04-25 01:00:00"])
    )
    assert dates.to_list() == [dt.date(2025, 4, 25)] * 3 + [None]
    assert wrong.to_list() == [False, False, False, True]


def test_numbers_and_flags_are_read_as_exports_write_them():
    assert parse_integers(pl.Series(["3", "3.0", "３", "-1", "x", "99999999999", "3.5"]))[0].to_list() == [
        3, 3, 3, -1, None, None, None,
    ]  # fmt: skip
    assert parse_doubles(pl.Series(["3", "120.5", "nan", "inf", "x"]))[0].to_list() == [
        3.0,
        120.5,
        None,
        None,
        None,
    ]
    assert parse_decimals(pl.Series(["35.00", "35.50", "0.0", "-1.20", "100", "1e5"]))[0].to_list() == [
        "35", "35.5", "0", "-1.2", "100", None,
    ]  # fmt: skip
    flags, wrong = parse_flags(pl.Series(["是", "TRUE", "0", "否", "maybe", None]))
    assert flags.to_list() == [True, True, False, False, None, None]
    assert wrong.to_list() == [False, False, False, False, True, False]
