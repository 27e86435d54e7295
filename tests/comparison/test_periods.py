"""What a day, a week and a month are compared with."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from closedloop.comparison.periods import (
    Pair,
    Span,
    default_first,
    period_of,
    periods_between,
    previous_pair,
    year_pair,
)

FESTIVALS = (date(2023, 1, 22), date(2024, 2, 10), date(2025, 1, 29), date(2026, 2, 17))
LATER = date(2026, 12, 31)


def span(first: str, last: str | None = None) -> Span:
    return Span(date.fromisoformat(first), date.fromisoformat(last or first))


@pytest.mark.parametrize(
    ("day", "week"),
    [
        ("2024-12-29", ("2024-12-23", "2024-12-29")),
        ("2024-12-30", ("2024-12-30", "2025-01-05")),
        ("2025-01-05", ("2024-12-30", "2025-01-05")),
        ("2025-01-06", ("2025-01-06", "2025-01-12")),
        ("2024-02-29", ("2024-02-26", "2024-03-03")),
    ],
)
def test_a_week_runs_from_monday_to_sunday_across_the_year(day, week):
    assert period_of("week", date.fromisoformat(day)) == span(*week)


@pytest.mark.parametrize(
    ("day", "last"),
    [("2024-02-01", "2024-02-29"), ("2025-02-28", "2025-02-28"), ("2024-12-31", "2024-12-31")],
)
def test_a_month_ends_on_its_own_last_day(day, last):
    assert period_of("month", date.fromisoformat(day)).last == date.fromisoformat(last)


def test_periods_follow_one_another_without_a_gap():
    weeks = periods_between("week", date(2024, 12, 25), date(2025, 1, 7))
    assert [week.first for week in weeks] == [date(2024, 12, 23), date(2024, 12, 30), date(2025, 1, 6)]
    months = periods_between("month", date(2024, 11, 30), date(2025, 2, 1))
    assert [month.days for month in months] == [30, 31, 31, 28]
    assert all(a.last + timedelta(days=1) == b.first for a, b in pairwise(months))


@pytest.mark.parametrize(("grain", "count"), [("day", 28), ("week", 13), ("month", 12)])
def test_a_chart_begins_far_enough_back(grain, count):
    last = date(2025, 4, 24)
    assert len(periods_between(grain, default_first(grain, last), last)) == count


def test_the_period_before():
    assert previous_pair("week", span("2024-12-30", "2025-01-05"), LATER, ()) == Pair(
        span("2024-12-30", "2025-01-05"), span("2024-12-23", "2024-12-29")
    )
    assert previous_pair("month", span("2025-03-01", "2025-03-31"), LATER, ()).base == span(
        "2025-02-01", "2025-02-28"
    )
    assert previous_pair("day", span("2025-01-01"), LATER, ()).base == span("2024-12-31")


def test_an_unfinished_period_is_compared_with_the_same_days():
    april = span("2025-04-01", "2025-04-30")
    assert previous_pair("month", april, date(2025, 4, 24), ()) == Pair(
        span("2025-04-01", "2025-04-24"), span("2025-03-01", "2025-03-24")
    )
    assert year_pair("month", april, date(2025, 4, 24), FESTIVALS) == Pair(
        span("2025-04-01", "2025-04-24"), span("2024-04-01", "2024-04-24")
    )
    # 30 days of March, and February has only 28.
    march = previous_pair("month", span("2025-03-01", "2025-03-31"), date(2025, 3, 30), ())
    assert march.base == span("2025-02-01", "2025-02-28")
    week = span("2025-04-21", "2025-04-27")
    assert year_pair("week", week, date(2025, 4, 24), FESTIVALS).base == span("2024-04-22", "2024-04-25")


def test_a_week_is_compared_with_the_same_weekdays_364_days_earlier():
    pair = year_pair("week", span("2024-12-30", "2025-01-05"), LATER, FESTIVALS)
    assert pair == Pair(span("2024-12-30", "2025-01-05"), span("2024-01-01", "2024-01-07"))
    assert pair.base.first.weekday() == 0
    # Over a leap day the weekday stays.
    assert year_pair("day", span("2024-06-03"), LATER, FESTIVALS).base == span("2023-06-05")


@pytest.mark.parametrize(
    ("week", "base", "notes", "reason"),
    [
        # New Year 2025-01-29, 2024-02-10: the stretch begins on 22 January and on 3 February.
        (("2025-01-13", "2025-01-19"), ("2024-01-15", "2024-01-21"), (), ""),
        (("2025-01-20", "2025-01-26"), ("2024-02-01", "2024-02-07"), ("festival",), ""),
        (("2025-01-27", "2025-02-02"), ("2024-02-08", "2024-02-14"), ("festival",), ""),
        # It ends on 13 February, and a year before on the 25th.
        (("2025-02-10", "2025-02-16"), ("2024-02-22", "2024-02-28"), ("festival",), ""),
        (("2025-02-17", "2025-02-23"), None, (), "festival_base"),
        (("2025-02-24", "2025-03-02"), ("2024-02-26", "2024-03-03"), (), ""),
        # 2026-02-17 against 2025-01-29.
        (("2026-01-26", "2026-02-01"), None, (), "festival_base"),
        (("2026-02-16", "2026-02-22"), ("2025-01-28", "2025-02-03"), ("festival",), ""),
    ],
)
def test_around_the_spring_festival_weeks_go_by_the_festival(week, base, notes, reason):
    pair = year_pair("week", span(*week), LATER, FESTIVALS)
    assert (pair.base, pair.notes, pair.reason) == (base and span(*base), notes, reason)


def test_new_years_day_is_compared_with_new_years_day():
    assert year_pair("day", span("2025-01-29"), LATER, FESTIVALS).base == span("2024-02-10")
    assert year_pair("day", span("2025-01-21"), LATER, FESTIVALS).notes == ()
    assert year_pair("day", span("2025-01-22"), LATER, FESTIVALS).notes == ("festival",)
    assert year_pair("day", span("2025-02-13"), LATER, FESTIVALS).notes == ("festival",)
    assert year_pair("day", span("2025-02-14"), LATER, FESTIVALS).reason == "festival_base"


def test_beyond_the_festival_table_nothing_is_guessed():
    known = FESTIVALS[:3]
    assert year_pair("week", span("2026-02-16", "2026-02-22"), LATER, known).reason == "festival_unknown"
    assert year_pair("week", span("2026-05-04", "2026-05-10"), LATER, known).base is not None


@pytest.mark.parametrize(
    ("year", "notes"), [(2024, ("jan_feb", "leap")), (2025, ("jan_feb", "leap")), (2026, ("jan_feb",))]
)
def test_january_and_february_are_compared_together(year, notes):
    january = year_pair("month", period_of("month", date(year, 1, 1)), LATER, FESTIVALS)
    assert (january.base, january.reason) == (None, "with_february")
    february = year_pair("month", period_of("month", date(year, 2, 1)), LATER, FESTIVALS)
    assert february.this.first == date(year, 1, 1)
    assert february.base == Span(date(year - 1, 1, 1), period_of("month", date(year - 1, 2, 1)).last)
    assert february.notes == notes


def test_an_unfinished_february_brings_its_january():
    pair = year_pair("month", span("2025-02-01", "2025-02-28"), date(2025, 2, 10), FESTIVALS)
    assert pair == Pair(
        span("2025-01-01", "2025-02-10"), span("2024-01-01", "2024-02-10"), notes=("jan_feb",)
    )


def test_the_period_before_says_when_the_festival_is_in_it():
    january = span("2025-01-01", "2025-01-31")
    assert previous_pair("month", january, LATER, FESTIVALS).notes == ("near_festival",)
    assert previous_pair("month", span("2025-04-01", "2025-04-30"), LATER, FESTIVALS).notes == ()
