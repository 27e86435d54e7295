"""Intervals: against statsmodels and scipy, at the ends, and in what they must always hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx
from scipy.stats import chi2
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from closedloop.statistics.intervals import count_interval, point_difference, wilson
from tests.statistics.series import quick, shares

LEVELS = st.sampled_from([0.5, 0.9, 0.95, 0.998])


@quick
@given(shares(), LEVELS)
def test_wilson_agrees_with_statsmodels_and_holds_the_share(case: tuple[int, int], conf: float) -> None:
    x, n = case
    ours = wilson(x, n, conf)
    theirs = proportion_confint(x, n, alpha=1 - conf, method="wilson")
    assert (ours.lower, ours.upper) == approx(theirs, abs=1e-12)
    assert 0 <= ours.lower <= ours.estimate <= ours.upper <= 1


def test_wilson_at_the_ends() -> None:
    ours = wilson([0, 20, 0, 1, np.nan], [20, 20, 0, 1, 5])
    assert (ours.lower[0], ours.upper[1]) == (0, 1)
    assert ours.upper[0] == approx(0.1611251581) and ours.lower[1] == approx(1 - 0.1611251581)
    assert np.isnan(ours.estimate[2]) and (ours.lower[2], ours.upper[2]) == (0, 1)
    assert np.isnan([ours.estimate[4], ours.lower[4], ours.upper[4]]).all()


def test_a_count_has_byars_limits_from_ten_and_exact_ones_below() -> None:
    ours = count_interval([0, 9, 10, 65])
    exact = [chi2.ppf(0.975, 2) / 2, chi2.ppf(0.975, 20) / 2]
    assert ours.upper[:2] == approx(exact)
    assert ours.lower[:2] == approx([0, chi2.ppf(0.025, 18) / 2])
    assert (ours.lower[3], ours.upper[3]) == approx((50.163188, 82.849139), abs=1e-6)
    # Where the methods meet they nearly agree.
    assert (ours.lower[2], ours.upper[2]) == approx(
        (chi2.ppf(0.025, 20) / 2, chi2.ppf(0.975, 22) / 2), rel=0.01
    )


@quick
@given(st.integers(0, 10_000), LEVELS)
def test_a_count_lies_in_its_interval(x: int, conf: float) -> None:
    ours = count_interval(x, conf)
    assert 0 <= ours.lower <= x <= ours.upper


@quick
@given(shares(), shares())
def test_percentage_points_agree_with_statsmodels(now: tuple[int, int], then: tuple[int, int]) -> None:
    ours = point_difference(*now, *then)
    theirs = confint_proportions_2indep(*now, *then, method="newcomb", compare="diff")
    assert (ours.lower / 100, ours.upper / 100) == approx(theirs, abs=1e-9)
    assert -100 <= ours.lower <= ours.estimate <= ours.upper <= 100


def test_newcombes_own_example() -> None:
    ours = point_difference(56, 70, 48, 80)
    assert (ours.estimate, ours.lower, ours.upper) == approx((20.0, 5.24, 33.39), abs=0.005)
    assert np.isnan(point_difference(0, 0, 3, 5).lower)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: wilson(-1, 5), "successes must not be negative, and holds -1"),
        (lambda: wilson(6, 5), "successes must not exceed trials: 6 of 5"),
        (lambda: wilson(1, 5, 95), "conf must lie between 0 and 1"),
        (lambda: count_interval(2.5), "events must be whole numbers"),
        (lambda: wilson(1, np.inf), "trials must be finite"),
    ],
)
def test_what_cannot_be_is_refused_by_name(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
