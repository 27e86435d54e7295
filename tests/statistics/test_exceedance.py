"""Places judged by what they are expected to have: tails, learnt expectations, many places at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx
from scipy.stats import false_discovery_control, nbinom, poisson

from closedloop.statistics.exceedance import (
    PlacePrior,
    benjamini_hochberg,
    place_exceedance,
    place_prior,
    poisson_exceedance,
    usual_counts,
)
from tests.statistics.series import quick


@quick
@given(st.integers(0, 200), st.floats(0, 100))
def test_the_tail_is_scipys(observed: int, expected: float) -> None:
    assert poisson_exceedance(observed, expected) == approx(poisson.sf(observed - 1, expected), abs=1e-12)


def test_the_tail_at_its_ends() -> None:
    p = poisson_exceedance([0, 1, 0, 3, np.nan, 2], [0, 0, 4, 1e-9, 1, np.nan])
    assert p[:4] == approx([1, 0, 1, 0], abs=1e-20) and np.isnan(p[4:]).all()


@quick
@given(st.integers(0, 40), st.floats(1, 90), st.integers(0, 200), st.floats(0, 2000))
def test_a_learnt_expectation_has_the_negative_binomials_tail(
    observed: int, window: float, events: int, days: float
) -> None:
    prior = PlacePrior(0.8, 120.0)
    ours = place_exceedance(observed, window, events, days, prior)
    shape, rate = 0.8 + events, 120 + days
    assert ours.p == approx(nbinom.sf(observed - 1, shape, rate / (rate + window)), abs=1e-9)
    assert ours.expected == approx(shape / rate * window) and ours.expected > 0


def test_the_worked_number_and_the_limit_of_a_long_history() -> None:
    ours = place_exceedance(3, 30, 4, 300, PlacePrior(1, 100))
    assert (ours.expected, ours.p) == approx((0.375, 0.009598), abs=1e-6)
    # 1 a month for a thousand years: the Poisson tail; for a month: far from it.
    long = place_exceedance(6, 30, 12_000, 360_000, PlacePrior(1, 30)).p
    assert long == approx(poisson_exceedance(6, 1.0), rel=0.01)
    assert place_exceedance(6, 30, 1, 30, PlacePrior(1, 30)).p > 10 * long


def test_a_place_without_history_is_judged_by_its_kind() -> None:
    new = place_exceedance([2, 0], 30, 0, 0, PlacePrior(0.5, 100))
    assert new.expected == approx([0.15, 0.15]) and 0 < new.p[0] < 0.03 and new.p[1] == 1


def test_a_prior_is_learnt_from_many_places() -> None:
    random = np.random.default_rng(9)
    daily = random.gamma(0.8, 1 / 120, 20_000)
    prior = place_prior(random.poisson(daily * 365), 365)
    assert prior.shape / prior.rate == approx(0.8 / 120, rel=0.05)
    assert prior.rate == approx(120, rel=0.15)
    alike = place_prior(np.full(500, 4), 365)
    assert alike.rate == 36_500, "places that differ less than chance are taken to be alike"
    with pytest.raises(ValueError, match="at least one event"):
        place_prior([0, 0], 365)


P_VALUES = st.lists(st.sampled_from([0.0, 1e-6, 0.001, 0.01, 0.02, 0.2, 0.5, 1.0]), min_size=1, max_size=60)


@quick
@given(P_VALUES)
def test_q_values_are_scipys_and_keep_the_order(p: list[float]) -> None:
    ours = benjamini_hochberg(p)
    assert ours.q == approx(false_discovery_control(p), abs=1e-12)
    order = np.argsort(p, kind="stable")
    assert (np.diff(ours.q[order]) >= -1e-15).all()
    assert (ours.q >= np.array(p) - 1e-15).all() and (ours.q <= 1).all()
    for value in set(p):
        assert len(set(ours.q[np.array(p) == value])) == 1, "equal p, equal q"


def test_no_test_is_no_test() -> None:
    empty = benjamini_hochberg([])
    assert (empty.q.size, empty.tests) == (0, 0)
    ours = benjamini_hochberg([0.02, np.nan, 0.03, np.nan])
    assert ours.tests == 2 and np.isnan(ours.q[[1, 3]]).all() and ours.q[[0, 2]] == approx([0.03, 0.03])
    assert ours.found.tolist() == [True, False, True, False]
    assert not benjamini_hochberg([np.nan]).found.any()
    assert benjamini_hochberg([[0.01, 1], [1, 1]]).q.shape == (2, 2)


def test_a_hundred_thousand_places_where_nothing_happens_raise_next_to_nothing() -> None:
    random = np.random.default_rng(10)
    daily = random.gamma(0.6, 1 / 100, 100_000)
    history, window = random.poisson(daily * 335), random.poisson(daily * 30)
    prior = place_prior(history, 335)
    ours = place_exceedance(window, 30, history, 335, prior)
    assert benjamini_hochberg(ours.p).found.sum() <= 2
    assert (window >= 3).sum() > 400, "where three in thirty days would have called"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: poisson_exceedance(-1, 1), "observed must not be negative"),
        (lambda: poisson_exceedance(1, -1), "expected must not be negative"),
        (lambda: poisson_exceedance(1.5, 1), "observed must be whole numbers"),
        (lambda: PlacePrior(0, 100), "a shape and a rate above 0"),
        (lambda: usual_counts(5, 0, 30), "rate must be above 0"),
        (lambda: poisson_exceedance([1, 2], [1, 2, 3]), r"observed \(2,\), expected \(3,\)"),
        (lambda: benjamini_hochberg([1.2]), "p must lie between 0 and 1"),
        (lambda: benjamini_hochberg([0.2], rate=5), "rate must lie between 0 and 1"),
    ],
)
def test_what_cannot_be_is_refused_by_name(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_usual_counts_are_the_quantiles_of_the_negative_binomial() -> None:
    shape, rate = np.array([5.0, 0.3, 800.0, np.nan]), np.array([400.0, 100.0, 364.0, 364.0])
    low, high = usual_counts(shape, rate, 30, 0.9)
    known = nbinom(shape[:3], rate[:3] / (rate[:3] + 30))
    np.testing.assert_array_equal(low[:3], known.ppf(0.05))
    np.testing.assert_array_equal(high[:3], known.ppf(0.95))
    assert np.isnan([low[3], high[3]]).all()
    assert (low[0], high[0]) == (0, 2)
