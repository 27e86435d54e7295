"""The ratio of two rates: exact, with zeros on either side, and widened for events that come in bunches."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx
from scipy.stats import binomtest

from closedloop.statistics.rates import dispersion, rate_ratio
from tests.statistics.series import quick

COUNT = st.integers(0, 300)
DAYS = st.floats(0.1, 1000)


@quick
@given(COUNT, DAYS, COUNT, DAYS)
def test_the_exact_interval_is_clopper_and_pearsons(x1: int, t1: float, x2: int, t2: float) -> None:
    ours = rate_ratio(x1, t1, x2, t2)
    if x1 + x2 == 0:
        assert np.isnan(ours.ratio) and (ours.lower, ours.upper, ours.p) == (0, np.inf, 1)
        return
    share = binomtest(x1, x1 + x2).proportion_ci(0.95, method="exact")
    assert ours.lower == approx(share.low / (1 - share.low) * t2 / t1, rel=1e-6)
    if x2:
        assert ours.upper == approx(share.high / (1 - share.high) * t2 / t1, rel=1e-6)
    else:
        assert ours.upper == np.inf and ours.ratio == np.inf
    assert ours.lower <= ours.ratio <= ours.upper


@quick
@given(COUNT, DAYS, COUNT, DAYS)
def test_the_p_value_is_twice_the_smaller_tail(x1: int, t1: float, x2: int, t2: float) -> None:
    tails = [1.0]
    if x1 + x2:
        tails = [binomtest(x1, x1 + x2, t1 / (t1 + t2), side).pvalue for side in ("less", "greater")]
    assert rate_ratio(x1, t1, x2, t2).p == approx(min(1.0, 2 * min(tails)), abs=1e-9)


@quick
@given(COUNT, COUNT, st.floats(1, 20))
def test_p_and_interval_say_the_same(x1: int, x2: int, phi: float) -> None:
    plain = rate_ratio(x1, 7, x2, 7)
    assert bool(plain.within_chance) == bool(plain.p > 0.05) or abs(plain.p - 0.05) < 1e-9
    widened = rate_ratio(x1, 7, x2, 7, phi=phi)
    assert widened.lower <= plain.lower + 1e-12 and widened.upper >= plain.upper - 1e-12
    assert widened.p >= plain.p - 1e-12
    # Turned round, the same is said of the inverse.
    turned = rate_ratio(x2, 7, x1, 7, phi=phi)
    if x1 and x2:
        assert (1 / turned.upper, 1 / turned.lower) == approx((widened.lower, widened.upper))


def test_minus_thirteen_percent_of_a_hundred_is_within_chance_and_of_a_thousand_is_not() -> None:
    small, large = rate_ratio([87, 1000], 1, [100, 1150], 1).within_chance
    assert small and not large
    widened = rate_ratio(1000, 1, 1150, 1, phi=4)
    assert widened.within_chance
    plain = rate_ratio(1000, 1, 1150, 1)
    distance = np.log(widened.upper / widened.ratio) / np.log(plain.upper / plain.ratio)
    assert distance == approx(2), "√φ on the logarithmic scale"


def test_a_phi_below_one_narrows_nothing() -> None:
    assert rate_ratio(20, 1, 30, 1, phi=0.3).lower == rate_ratio(20, 1, 30, 1).lower


def test_zeros_on_either_side_keep_a_finite_end() -> None:
    ours = rate_ratio([0, 8, 0], 30, [8, 0, 0], 30, phi=2)
    assert ours.lower.tolist() == [0, approx(1 / ours.upper[0]), 0]
    # Events that come in pairs: as if half as many had been counted.
    assert ours.upper[0] == approx(rate_ratio(0, 30, 4, 30).upper, rel=0.05)
    assert ours.upper[1] == ours.upper[2] == np.inf
    assert np.isnan(rate_ratio(np.nan, 1, 3, 1).lower) and np.isnan(rate_ratio(np.nan, 1, 3, 1).p)


def test_wald_has_no_answer_with_a_zero() -> None:
    assert np.isnan(rate_ratio(0, 1, 5, 1, method="wald").upper)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(5)
    ours = rate_ratio(random.poisson(40, 4000), 1, random.poisson(20, 4000), 1)
    assert ((ours.lower <= 2) & (ours.upper >= 2)).mean() >= 0.95


def test_dispersion() -> None:
    assert dispersion([2, 4, 6]) == 1
    assert dispersion([2, 4, np.nan, 6]) == 1
    assert dispersion([2, 4, 6], expected=[2, 4, 6]) == 0
    assert all(np.isnan(dispersion(few)) for few in ([], [3], [0, 0, 0], [np.nan]))
    random = np.random.default_rng(2)
    bunches = random.negative_binomial(10, 0.25, 5000)
    assert dispersion(bunches) == approx(4, rel=0.1)


def test_counts_of_billions_have_a_p_and_an_unknown_spread_has_none() -> None:
    even, apart = rate_ratio(3 * 10**9, 1, 3 * 10**9, 1), rate_ratio(3 * 10**9, 1, 3 * 10**9 + 400_000, 1)
    assert even.p == 1 and apart.p == approx(2.4e-7, rel=0.05)
    unknown = rate_ratio(50, 1, 1, 1, phi=np.nan)
    assert np.isnan([unknown.lower, unknown.upper, unknown.p]).all() and unknown.ratio == 50


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rate_ratio(1, 0, 1, 1), "an exposure of 0 has no rate"),
        (lambda: rate_ratio(-1, 1, 1, 1), "events_now must not be negative"),
        (lambda: rate_ratio(1, 1, 1, 1, phi=-2), "phi must not be negative"),
        (lambda: rate_ratio(1, 1, 1, 1, method="bayes"), "method must be 'exact' or 'wald'"),
    ],
)
def test_what_cannot_be_is_refused_by_name(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
