"""p- and u-charts: limits that follow the denominators, days without any, days that differ beyond chance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx

from closedloop.statistics.attributes import p_chart, u_chart
from tests.statistics.series import quick, shares


def test_the_worked_number() -> None:
    chart = p_chart([5, 8, 2], [100, 200, 50])
    assert chart.centre == approx(15 / 350)
    assert chart.upper[1] == approx(0.085821, abs=1e-6)
    assert chart.lower.tolist() == [0, 0, 0]


def test_limits_of_a_rate_follow_the_exposure() -> None:
    chart = u_chart([4, 9, 5], [2, 4, 3])
    assert chart.centre == 2
    assert chart.upper == approx(2 + 3 * np.sqrt(2 / np.array([2, 4, 3])))


def test_a_day_beyond_three_sigma_is_outside() -> None:
    chart = p_chart([10] * 19 + [40], [100] * 20)
    assert chart.outside.tolist() == [0] * 19 + [1]
    assert u_chart([9] * 19 + [40], [1] * 20).outside.tolist() == [0] * 19 + [1]


def test_days_without_cases_or_report_are_gaps() -> None:
    chart = p_chart([1, 0, np.nan, 2], [10, 0, 10, 10])
    assert np.isnan(chart.values).tolist() == [False, True, True, False]
    assert chart.centre == approx(3 / 20)
    assert not chart.outside.any()
    for empty in (p_chart([], []), p_chart([0, 0], [0, 0]), u_chart([np.nan], [3])):
        assert np.isnan(empty.centre) and not empty.outside.any() and not empty.shift.any()


def test_seven_days_on_one_side_are_a_shift_across_a_gap() -> None:
    late = [10] * 8 + [12, 12, 12, np.nan, 12, 12, 12, 12] + [9] * 3
    assert p_chart(late, [100] * 19).shift[8:16].tolist() == [1, 1, 1, 0, 1, 1, 1, 1]


def test_all_and_nothing_have_no_width_and_no_signal() -> None:
    for late in (0, 50):
        chart = p_chart([late] * 10, [50] * 10, spread=True)
        assert not chart.outside.any() and chart.widened_by == 1


def test_spread_beyond_chance_widens_the_limits() -> None:
    random = np.random.default_rng(1)
    share = np.clip(random.normal(0.3, 0.03, 200), 0, 1)
    cases = random.binomial(20_000, share)
    plain, widened = p_chart(cases, [20_000] * 200), p_chart(cases, [20_000] * 200, spread=True)
    assert (plain.outside != 0).mean() > 0.5
    assert (widened.outside != 0).mean() < 0.03
    assert widened.widened_by == approx(0.03 / np.sqrt(0.21 / 20_000), rel=0.15)


@quick
@given(st.lists(shares(), min_size=1, max_size=20))
def test_limits_hold_the_centre_and_stay_within_shares(days: list[tuple[int, int]]) -> None:
    chart = p_chart([x for x, _ in days], [n for _, n in days])
    assert ((chart.lower >= 0) & (chart.upper <= 1)).all()
    assert ((chart.lower <= chart.centre + 1e-12) & (chart.upper >= chart.centre - 1e-12)).all()


def test_what_cannot_be_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="successes must not exceed trials: 5 of 3"):
        p_chart([5], [3])
    with pytest.raises(ValueError, match="events must not be negative"):
        u_chart([-1], [3])
    with pytest.raises(ValueError, match="events without exposure"):
        u_chart([1], [0])
    with pytest.raises(ValueError, match="successes must be whole"):
        p_chart([1.5], [3])
