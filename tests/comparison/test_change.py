"""Like with like: what is compared, how it is said, and when it is not."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from closedloop.comparison.change import change, median_change
from closedloop.comparison.daily import Daily, Figure, figure
from closedloop.comparison.periods import Pair, Span, period_of
from closedloop.comparison.table import Calendar, rows_of_days

FIRST = date(2025, 3, 3)
WEEK, BEFORE = Span(date(2025, 3, 10), date(2025, 3, 16)), Span(FIRST, date(2025, 3, 9))
PAIR = Pair(WEEK, BEFORE)


def daily(*stations: list, of: list | None = None, unassigned: bool = False) -> Daily:
    """Figures from FIRST on, one list per station, None where nobody reported."""
    expected = np.ones(len(stations), dtype=bool)
    expected[-1] = not unassigned
    denominator = None if of is None else np.array([of] * len(stations), dtype=float)
    return Daily(FIRST, np.array(stations, dtype=float), denominator, expected)


def test_a_flow_adds_up_and_a_stock_is_that_of_its_last_day():
    two = daily([1] * 7, [2] * 7)
    assert figure(two, BEFORE, stock=False) == Figure(21, 21, 21, 14, 14)
    assert figure(two, BEFORE, stock=True) == Figure(3, 3, 3, 2, 2)


def test_a_stock_whose_last_day_was_not_reported_has_no_figure():
    one = daily([5, 5, 5, 5, 5, 5, None])
    assert figure(one, BEFORE, stock=True) == Figure(None, None, 0, 0, 1)
    both = daily([5] * 13 + [None])
    assert change(both, PAIR, stock=True).reason == "not_reported"


def test_a_day_that_nobody_reported_is_missing_and_no_zero():
    one = figure(daily([4, None, 4, 0, 4, 4, 4]), BEFORE, stock=False)
    assert (one.value, one.reported, one.due, one.is_complete) == (20, 6, 7, False)


def test_a_share_is_formed_from_sums():
    one = daily([1, 0, 0, 0, 0, 0, 9], of=[1, 9, 9, 9, 9, 9, 10])
    assert figure(one, BEFORE, stock=False).value == 10 / 56


@pytest.mark.parametrize(
    ("base", "kind", "reason"),
    [
        (0, "none", "base_zero"),
        (1, "counts", ""),
        (29, "counts", ""),
        (30, "percent", ""),
        (31, "percent", ""),
    ],
)
def test_small_bases_show_counts_and_an_empty_one_a_dash(base, kind, reason):
    counted = change(daily([base] + [0] * 6 + [60] + [0] * 6), PAIR, stock=False)
    assert (counted.kind, counted.reason) == (kind, reason)
    assert counted.base.value == base and counted.this.value == 60
    if kind == "percent":
        assert counted.value == 60 / base - 1


@pytest.mark.parametrize(("n", "kind"), [(29, "counts"), (30, "points")])
def test_shares_change_by_percentage_points(n, kind):
    found = change(daily([3] + [0] * 6 + [6] + [0] * 6, of=[n] + [0] * 6 + [60] + [0] * 6), PAIR, stock=False)
    assert found.kind == kind
    assert found.value == (pytest.approx(6 / 60 - 3 / 30) if kind == "points" else None)


def test_a_missing_day_is_left_out_on_both_sides():
    one = daily([10] * 7 + [20, 20, None, 20, 20, 20, 20])
    found = change(one, PAIR, stock=False)
    assert (found.this.value, found.base.value) == (120, 60)
    assert (found.kind, found.value, found.notes) == ("percent", 1.0, ("paired",))


def test_a_silent_station_is_left_out_on_both_sides():
    # The second station is larger; without its last day the city would seem to fall.
    two = daily([10] * 14, [100] * 13 + [None])
    found = change(two, PAIR, stock=False)
    assert found.value == 0 and (found.this.reported, found.this.due) == (13, 14)


def test_a_station_that_joined_in_between_does_not_make_the_city_grow():
    two = daily([10] * 14, [None] * 7 + [50] * 7)
    found = change(two, PAIR, stock=False)
    assert (found.value, found.notes) == (0, ("paired",))


def test_what_belongs_to_no_station_adds_and_is_missed_by_nobody():
    two = daily([10] * 14, [None] * 7 + [None] * 6 + [5], unassigned=True)
    assert figure(two, WEEK, stock=False) == Figure(75, 75, 75, 7, 7)


def test_too_few_days_are_no_comparison():
    assert change(daily([10] * 7 + [10] * 3 + [None] * 4), PAIR, stock=False).reason == "not_reported"
    assert change(daily([10] * 7 + [10] * 4 + [None] * 3), PAIR, stock=False).kind == "percent"


def test_nothing_is_said_of_what_was_before_the_first_day():
    back = Pair(BEFORE, Span(date(2024, 3, 4), date(2024, 3, 10)))
    assert change(daily([10] * 14), back, stock=False).reason == "no_base"


def test_months_of_different_length_are_compared_whole_when_they_are_whole():
    days = [1] * 31 + [2] * 30
    both = Daily(date(2025, 3, 1), np.array([days], dtype=float), None, np.array([True]))
    april = Pair(Span(date(2025, 4, 1), date(2025, 4, 30)), Span(date(2025, 3, 1), date(2025, 3, 31)))
    assert change(both, april, stock=False).value == pytest.approx(60 / 31 - 1)


def test_a_leap_february_counts_its_29_days():
    first = date(2023, 1, 1)
    days = np.ones((1, (date(2024, 2, 29) - first).days + 1))
    calendar = Calendar("month", date(2024, 2, 29), (date(2023, 1, 22), date(2024, 2, 10)))
    one = Daily(first, days, None, np.array([True]))
    (row,) = rows_of_days(one, [period_of("month", date(2024, 2, 1))], calendar, stock=False)
    assert row.figure.value == 29 and not row.is_unfinished
    assert (row.year.this.value, row.year.base.value) == (60, 59)
    assert row.year.notes == ("jan_feb", "leap")


def test_a_cohort_shows_the_days_that_are_mature_and_no_period_before():
    calendar = Calendar("week", date(2025, 3, 12), ())
    periods = [BEFORE, WEEK, Span(date(2025, 3, 17), date(2025, 3, 23))]
    rows = rows_of_days(daily([1] * 10, of=[1] * 10), periods, calendar, stock=False)
    assert [(row.period, row.is_unfinished) for row in rows] == [(BEFORE, False), (WEEK, True)]
    assert rows[1].shown == Span(WEEK.first, date(2025, 3, 12)) and rows[1].figure.n == 3
    assert rows[1].previous.base.n == 3, "the same three days of the week before"


def test_every_span_of_a_comparison_is_asked_for_once():
    calendar = Calendar("week", WEEK.last, (date(2024, 2, 10), date(2025, 1, 29)))
    spans = calendar.spans([BEFORE, WEEK])
    assert len(spans) == len(set(spans)) == 5
    assert {WEEK, BEFORE, BEFORE.moved(timedelta(days=-7))} <= set(spans)


def median(value: float | None, n: int, reported: int = 7) -> Figure:
    return Figure(value, None, n, reported, 7)


@pytest.mark.parametrize(
    ("this", "base", "kind", "reason"),
    [
        (median(6, 40), median(5, 30), "difference", ""),
        (median(6, 40), median(5, 29), "none", "few"),
        (median(None, 0), median(5, 30), "none", "few"),
        (median(6, 40, 3), median(5, 30), "none", "not_reported"),
        (median(6, 40), None, "none", "no_base"),
    ],
)
def test_medians_differ_in_their_own_unit(this, base, kind, reason):
    found = median_change(this, base, PAIR, 10)
    assert (found.kind, found.reason) == (kind, reason)
    assert found.value == (1 if kind == "difference" else None)


def test_a_median_of_missing_days_says_so():
    assert median_change(median(6, 40, 6), median(5, 30), PAIR, 10).notes == ("incomplete",)
