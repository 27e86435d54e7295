"""EARS: the head of a series, unreported days, the floor of sigma, the memory of C3."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from pytest import approx

from closedloop.statistics.ears import ears
from tests.statistics.series import counts, quick

NAN = np.nan


def test_the_head_of_a_series_is_judged_by_nobody() -> None:
    ours = ears([3, 1, 2, 4, 2, 3, 1, 2, 3, 2, 4, 2])
    assert np.flatnonzero(~np.isnan(ours.c1))[0] == 7
    assert np.flatnonzero(~np.isnan(ours.c2))[0] == 9
    assert np.flatnonzero(~np.isnan(ours.c3))[0] == 11
    for few in ([], [5], [5] * 7):
        short = ears(few)
        assert np.isnan(short.c1).all() and not (short.alarm1 | short.alarm2 | short.alarm3).any()


def test_c2_does_not_take_the_rise_into_its_baseline() -> None:
    y = [2, 3, 1, 2, 4, 2, 3, 2, 3, 9, 9, 9]
    ours = ears(y)
    assert ours.alarm1.tolist() == [False] * 9 + [True, False, False]
    assert ours.alarm2.tolist() == [False] * 9 + [True, True, True]


def test_an_alarm_is_more_than_the_bound() -> None:
    bound = ears([*[0, 2] * 5, 0]).upper2[-1]
    base = [0, 2] * 5
    assert not ears([*base, bound]).alarm2[-1]
    assert ears([*base, bound + 1e-9]).alarm2[-1]


def test_an_all_equal_baseline_has_the_least_sigma() -> None:
    ours = ears([0] * 11 + [1], min_sigma=0.5)
    assert ours.c2[-1] == 2 and not ours.alarm2[-1]
    assert ours.upper2[-1] == approx(3.090232 * 0.5, abs=1e-6)
    assert ears([4] * 11 + [7], min_sigma=1).c1[-1] == 3


def test_c3_remembers_two_days_and_no_more() -> None:
    # Baselines 0 1 0 1 …; a day of C2 = 3 among days of C2 about 0.
    base = [0.0, 2.0] * 7
    reference = ears(base)
    mean, sigma = 8 / 7, np.std([0, 2, 0, 2, 0, 2, 2], ddof=1)
    spike = mean + 3 * sigma
    assert ears([*base, spike]).c2[14] == approx(3, rel=0.2)
    after = ears([*base, spike, 1.0, 1.0, 1.0])
    excess = np.maximum(0, after.c2 - 1)
    for day in range(11, 18):
        assert after.c3[day] == approx(excess[day - 2 : day + 1].sum())
    assert after.c3[16] > after.c3[17] == excess[15:18].sum()
    np.testing.assert_array_equal(after.c3[:14], reference.c3)


def test_c3_starts_from_the_baseline_mean_and_regards_its_own_day() -> None:
    base = [0.0, 2.0] * 7
    ours = ears([*base, 9.0, 0.0])
    assert ours.c3[15] > 1.959964, "the memory alone is enough for the statistic"
    assert not ours.alarm3[15], "and a day below its baseline is no alarm"
    assert ears([*base, 9.0, 3.0]).alarm3[15]
    # Without memory C3 is C2 − 1, so the bound stands where C2 passes 1.96 + 1.
    assert ears([5.0] * 12).upper3[-1] == approx(5 + 0.5 * 2.959964, abs=1e-6)


@quick
@given(counts)
def test_above_its_baseline_the_alarm_of_c3_is_that_of_its_statistic(y: np.ndarray) -> None:
    ours = ears(y)
    judged = ~np.isnan(ours.c3) & (ours.c2 > 0)
    near = np.abs(ours.c3 - 1.959964) < 1e-5
    same = (ours.c3 > 1.959964) == ours.alarm3
    fed_by_memory_alone = (ours.c2 <= 1) & (ours.c3 > 1.959964)
    assert (same | near | fed_by_memory_alone)[judged].all()


def test_unreported_days_leave_the_baseline_and_are_not_judged() -> None:
    y = [2, 3, NAN, 2, 4, 2, 3, 2, 3, NAN, 9, 8]
    ours = ears(y)
    assert np.isnan(ours.c1[9]) and not ours.alarm1[9]
    window = [2, 4, 2, 3, 2, 3]
    assert ours.c1[10] == approx((9 - np.mean(window)) / np.std(window, ddof=1))
    many_gaps = ears([1, NAN, NAN, NAN, NAN, 1, 1, 50])
    assert np.isnan(many_gaps.c1[-1]) and not many_gaps.alarm1[-1], "three reported days judge nobody"


def test_many_series_at_once_are_the_same_as_one_by_one() -> None:
    table = np.random.default_rng(8).poisson(5, (30, 40)).astype(float)
    table[3, 5:20] = NAN
    whole = ears(table)
    for row, values in enumerate(table):
        one = ears(values)
        for name in ("c1", "c2", "c3", "upper3", "alarm2", "alarm3"):
            np.testing.assert_array_equal(getattr(whole, name)[row], getattr(one, name))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"counts_by_day": [-1]}, "counts_by_day must not be negative"),
        ({"counts_by_day": [1], "min_sigma": 0}, "min_sigma must be above 0"),
        ({"counts_by_day": [1], "alpha": 0}, "alpha must lie between 0 and 1"),
        ({"counts_by_day": 3.0}, "shape"),
    ],
)
def test_what_cannot_be_is_refused_by_name(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ears(**arguments)
