"""The XmR chart: limits, the four rules at their boundaries, gaps, segments, assurance."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx

from closedloop.statistics.xmr import assured, xmr
from tests.statistics.series import quick, with_gaps

NAN = np.nan
CALM = [10.0, 12.0] * 8


def test_limits_of_a_series_counted_by_hand() -> None:
    chart = xmr([4, 6, 5, 9])
    # Ranges 2, 1, 4: their mean 7/3 drops none, being below 3.267 times itself.
    assert chart.centre[0] == 6
    assert (chart.lower[0], chart.upper[0]) == approx((6 - 2.66 * 7 / 3, 6 + 2.66 * 7 / 3))
    assert (chart.near_lower[0], chart.near_upper[0]) == approx((6 - 1.773 * 7 / 3, 6 + 1.773 * 7 / 3))


def test_a_range_of_exactly_the_screen_is_dropped_and_only_once() -> None:
    # Ranges: nine of 1 and one of r. With r = 3.267·mean, r·(10 − 3.267) = 3.267·9.
    edge = 3.267 * 9 / (10 - 3.267)
    for size, dropped in ((edge * 1.0001, True), (edge * 0.9999, False)):
        values = [0, 1, 0, 1, 0, 1 + size - 1, size + 1, size, size + 1, size, size + 1]
        chart = xmr(values)
        mean_range = 1 if dropped else (9 + size) / 10
        assert chart.upper[0] - chart.centre[0] == approx(2.66 * mean_range)


def test_a_rare_event_among_zeros_does_not_put_the_zeros_outside() -> None:
    chart = xmr([0] * 15 + [1] + [0] * 15)
    assert chart.outside.tolist() == [0] * 15 + [1] + [0] * 15


@pytest.mark.parametrize("values", [[], [5.0], [NAN, NAN], [3.0] * 20, [0.1] * 20])
def test_nothing_to_see_is_no_signal(values: list[float]) -> None:
    chart = xmr(values)
    assert not chart.signal.any() and not chart.told.any()
    assert chart.trial.all() == (len(values) < 12)
    assert chart.latest_signal() == 0


def test_outside_means_beyond_the_limit() -> None:
    # The first two points are the baseline: mean 1, limits 1 ± 2.66·2.
    chart = xmr([0, 2, 6.32, 6.33, -4.32, -4.33], baseline=2)
    assert chart.outside.tolist() == [0, 0, 0, 1, 0, -1]


def test_seven_on_one_side_are_a_shift_and_six_are_not() -> None:
    base = [9.0, 11.0] * 6
    assert not xmr([*base, 9, *[10.5] * 6], baseline=12).shift.any()
    seven = xmr([*base, 9, *[10.5] * 7], baseline=12)
    assert seven.shift.tolist() == [0] * 13 + [1] * 7
    assert np.flatnonzero(seven.told).tolist() == [19]
    broken = [*base, 9, 10.5, 10.5, 10.5, 10.0, 10.5, 10.5, 10.5, 10.5]
    assert not xmr(broken, baseline=12).shift.any()


def test_seven_rising_points_are_a_trend_and_equal_neighbours_end_it() -> None:
    assert not xmr([1, 2, 3, 4, 5, 6]).trend.any()
    assert xmr([9, 1, 2, 3, 4, 5, 6, 7, 2]).trend.tolist() == [0, 1, 1, 1, 1, 1, 1, 1, 0]
    assert xmr([7, 6, 5, 4, 3, 2, 1]).trend.tolist() == [-1] * 7
    assert not xmr([1, 2, 3, 3, 4, 5, 6]).trend.any()


def test_two_of_three_near_one_limit_with_all_three_on_that_side() -> None:
    # Mean 1, near lines 1 ± 3.546, limits 1 ± 5.32.
    def near(*tail: float) -> list[int]:
        return xmr([0, 2, *tail], baseline=2).two_of_three.tolist()[2:]

    assert near(5, 2, 5) == [1, 0, 1]
    assert near(5, 5) == [1, 1]  # the 2 before them is the third on that side
    assert near(0, 5, 5, 0) == [0, 0, 0, 0]
    assert near(5, 0, 5) == [0, 0, 0]
    assert near(-3, 0, -3) == [-1, 0, -1]
    assert near(5, 2, 7) == [0, 0, 0], "a point outside the limit is not near it"


def test_a_gap_neither_breaks_a_run_nor_adds_to_it() -> None:
    base = [9.0, 11.0] * 6
    whole = xmr([*base, 9, *[10.5] * 7], baseline=12)
    gappy = xmr([*base, NAN, 9, 10.5, 10.5, NAN, NAN, *[10.5] * 5], baseline=12)
    reported = gappy.reported
    assert gappy.shift[reported].tolist() == whole.shift.tolist()
    assert not gappy.signal[~reported].any()
    assert not xmr([*base, 9, *[10.5] * 3, NAN, *[10.5] * 3], baseline=12).shift.any()


def test_a_gap_is_not_a_zero() -> None:
    chart = xmr([NAN, *CALM, NAN])
    assert chart.centre[0] == 11 and not chart.signal.any()


def test_limits_are_trial_below_twelve_points() -> None:
    assert xmr(CALM[:11]).trial.all()
    assert not xmr(CALM[:12]).trial.any()
    assert xmr([*CALM[:11], NAN]).trial.all()


def test_a_campaign_begins_a_segment_of_its_own() -> None:
    chart = xmr([*CALM, *[value + 50 for value in CALM]], rebase=[16])
    assert chart.segment.tolist() == [0] * 16 + [1] * 16
    assert (chart.centre[0], chart.centre[16]) == (11, 61)
    assert not chart.signal.any()
    assert xmr([*CALM, *[value + 50 for value in CALM]]).signal.any()
    # Four and four on one side of their own means: no run across the border.
    across = xmr([1, 1, 1, 1, 9, 9, 9, 9, 1, 1, 1, 1], rebase=[8])
    assert not across.shift.any()


def test_assurance_compares_the_target_with_the_limits() -> None:
    chart = xmr(CALM)
    assert chart.assurance(chart.upper[0] + 0.01) == "fail"
    assert chart.assurance(chart.upper[0]) == "either"
    assert chart.assurance(chart.lower[0] - 0.01) == "pass"
    assert chart.assurance(chart.upper[0] + 0.01, higher_is_better=False) == "pass"
    assert xmr([4.0]).assurance(3) == xmr([]).assurance(3) == "unknown"
    # Hit and missed by chance: 95 % lies between the limits; then a process that lies above it for good.
    assert assured([0.90, 0.96, NAN], [0.99, 1.0, NAN], 0.95).tolist() == ["either", "pass", "unknown"]
    assert assured([0.90, 0.96], [0.94, 1.0], 0.95, False).tolist() == ["pass", "fail"]
    two = xmr([*CALM, *[value + 50 for value in CALM]], rebase=[16])
    assert two.assurance(30) == "pass", "of the last segment"


def test_drawn_limits_stay_within_what_is_possible() -> None:
    chart = xmr([0.9, 1.0, 0.8, 1.0], floor=0, ceiling=1)
    assert chart.upper[0] == 1 and chart.lower[0] >= 0


def test_many_series_at_once_are_the_same_as_one_by_one() -> None:
    random = np.random.default_rng(3)
    table = random.poisson(6, (40, 50)).astype(float)
    table[random.random(table.shape) < 0.1] = NAN
    table[7] = NAN
    whole = xmr(table, rebase=[20])
    for row, values in enumerate(table):
        one = xmr(values, rebase=[20])
        for name in (
            "centre",
            "lower",
            "upper",
            "outside",
            "trend",
            "shift",
            "two_of_three",
            "told",
            "trial",
        ):
            np.testing.assert_array_equal(getattr(whole, name)[row], getattr(one, name))
    assert whole.latest_signal().shape == whole.assurance(3).shape == (40,)


@quick
@given(with_gaps, st.floats(-1000, 1000), st.floats(0.01, 1000))
def test_shifting_and_stretching_a_series_changes_no_signal(
    values: np.ndarray, by: float, times: float
) -> None:
    before, after = xmr(values), xmr(values * times + by)
    np.testing.assert_array_equal(before.signal, after.signal)
    np.testing.assert_allclose(after.upper, before.upper * times + by, rtol=1e-6, atol=1e-6)


@quick
@given(with_gaps)
def test_upside_down_every_sign_turns(values: np.ndarray) -> None:
    before, after = xmr(values), xmr(-values)
    for name in ("outside", "trend", "shift", "two_of_three"):
        np.testing.assert_array_equal(getattr(before, name), -getattr(after, name))


def test_numbers_of_any_make_are_taken_and_what_is_masked_was_not_reported() -> None:
    plain = xmr([1.0, 2.5, np.nan, 4.0])
    for values in (
        [Decimal(1), Decimal("2.5"), None, Decimal(4)],
        [1, Fraction(5, 2), None, 4],
        np.array([1, 2.5, np.nan, 4], dtype=np.float32),
        np.ma.array([1, 2.5, 99, 4], mask=[False, False, True, False]),
        pd.array([1, 2.5, None, 4], dtype="Float64"),
    ):
        np.testing.assert_array_equal(xmr(values).upper, plain.upper)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"values": [1, np.inf]}, "values must be finite"),
        ({"values": [[[1.0]]]}, "shape"),
        ({"values": ["a"]}, "values must be numbers"),
        ({"values": ["1", "2"]}, "values must be numbers"),
        ({"values": np.array([1, "2"], dtype=object)}, "values must be numbers"),
        ({"values": np.array(["2026-01-01"], "M8[D]")}, "values must be numbers"),
        ({"values": [10**400]}, "values must be numbers"),
        ({"values": [1.0, 2.0], "rebase": [0.5]}, "rebase names position 0.5"),
        ({"values": [1.0, 2.0], "rebase": [2]}, "rebase names position 2"),
        ({"values": [1.0, 2.0], "baseline": 1}, "baseline"),
    ],
)
def test_what_cannot_be_is_refused_by_name(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        xmr(**arguments)
