"""Funnels: exact limits against scipy, over-dispersion, stations with nothing, verdicts at the limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx
from scipy.stats import binom, poisson

from closedloop.statistics.funnel import (
    NARROW,
    WIDE,
    expected_at_limits,
    over_dispersion,
    ratio_funnel,
    ratio_limits,
    share_against,
    share_funnel,
    share_limits,
    share_lines,
)
from tests.statistics.series import quick

LEVELS = st.sampled_from([0.9, 0.95, 0.998])


@quick
@given(st.floats(0.01, 5000), LEVELS)
def test_a_count_beyond_the_exact_limit_is_as_rare_as_the_level_says(expected: float, conf: float) -> None:
    lower, upper = ratio_limits(expected, conf)
    tail = (1 - conf) / 2
    first_beyond = np.floor(upper * expected * (1 + 1e-9)) + 1
    assert poisson.sf(first_beyond - 1, expected) <= tail
    assert poisson.sf(first_beyond - 3, expected) > tail
    last_below = np.ceil(lower * expected * (1 - 1e-9)) - 1
    assert last_below < 0 or poisson.cdf(last_below, expected) <= tail


@quick
@given(st.floats(0.02, 0.98), st.integers(1, 3000), LEVELS)
def test_a_share_beyond_the_exact_limit_is_as_rare_as_the_level_says(
    theta: float, n: int, conf: float
) -> None:
    lower, upper = share_limits(theta, n, conf)
    tail = (1 - conf) / 2
    beyond, below = np.floor(upper * n + 1e-6) + 1, np.ceil(lower * n - 1e-6) - 1
    assert binom.sf(beyond - 1, n, theta) <= tail + 1e-9
    assert binom.cdf(below, n, theta) <= tail + 1e-9
    assert 0 <= lower <= theta + 1e-12 and theta - 1e-12 <= upper <= 1


@quick
@given(st.integers(0, 2000), LEVELS)
def test_the_two_ways_of_reading_a_funnel_agree(observed: int, conf: float) -> None:
    on_lower, on_upper = expected_at_limits(observed, conf)
    assert ratio_limits(on_lower, conf)[0] * on_lower == approx(observed, abs=1e-3, rel=1e-6)
    if observed:
        assert ratio_limits(on_upper, conf)[1] * on_upper == approx(observed, rel=1e-3)


def test_limits_close_in_as_stations_grow() -> None:
    size = np.geomspace(0.05, 1e5, 400)
    for lower, upper in (ratio_limits(size), share_limits(0.3, size, method="normal")):
        assert (np.diff(lower) >= -1e-9).all() and (np.diff(upper) <= 1e-9).all()
    lower, upper = share_limits(0.3, np.arange(1, 3000))
    assert (np.diff(lower) >= -1e-9).all() and (np.diff(upper) <= 1e-9).all()


def test_one_miss_in_ten_is_nothing_unusual_where_one_in_two_hundred_is_usual() -> None:
    # Chance of a miss among ten at 99.5 %: 4.9 %, more than the 2.5 % that lie below a 95 % limit.
    assert share_limits(0.995, 10)[0] <= 0.9
    assert share_limits(0.995, 10, method="normal")[0] > 0.9
    funnel = share_funnel([9, *[995] * 9], [10, *[1000] * 9])
    assert funnel.verdict.tolist() == [0] * 10


def test_a_station_beyond_the_limits_is_named_by_how_far() -> None:
    funnel = ratio_funnel([100, 100, 100, 125, 140, 60, 0], [100] * 7, spread=False)
    assert funnel.verdict.tolist() == [0, 0, 0, 1, 2, -2, -2]
    at_limit = share_funnel([50] * 9 + [68], [100] * 10, spread=False)
    assert at_limit.verdict.tolist()[-1] == 2


def test_spread_that_all_share_widens_the_limits() -> None:
    random = np.random.default_rng(4)
    expected = np.full(400, 500.0)
    observed = random.poisson(expected * random.gamma(25, 1 / 25, 400))
    plain, widened = ratio_funnel(observed, expected, spread=False), ratio_funnel(observed, expected)
    assert (np.abs(plain.verdict) == 2).mean() > 0.3
    assert (np.abs(widened.verdict) == 2).mean() < 0.03
    assert widened.dispersion.tau2 == approx(1 / 25, rel=0.4)
    assert plain.dispersion == widened.dispersion
    share = random.binomial(1000, np.clip(random.normal(0.4, 0.05, 400), 0, 1))
    assert (np.abs(share_funnel(share, [1000] * 400).verdict) == 2).mean() < 0.03


def test_chance_alone_widens_nothing_to_speak_of() -> None:
    random = np.random.default_rng(6)
    outside = [np.abs(ratio_funnel(random.poisson(200, 15), [200] * 15).verdict) == 2 for _ in range(200)]
    assert np.mean(outside) < 0.005


def test_one_different_station_does_not_widen_the_limits_until_it_fits() -> None:
    observed = [200] * 7 + [205] * 7 + [420]
    funnel = ratio_funnel(observed, [200] * 15)
    assert funnel.dispersion.tau2 == 0 and funnel.verdict.tolist() == [0] * 14 + [2]


def test_stations_with_nothing_have_no_verdict() -> None:
    shares = share_funnel([5, 0, np.nan], [10, 0, 10])
    assert np.isnan(shares.values).tolist() == [False, True, True] and not shares.verdict.any()
    ratios = ratio_funnel([5, 0, np.nan], [5, 0, 4])
    assert np.isnan(ratios.values).tolist() == [False, True, True] and not ratios.verdict.any()
    assert ratios.dispersion.stations == 1 and np.isnan(ratios.dispersion.tau2)
    for empty in (share_funnel([], []), ratio_funnel([], [])):
        assert empty.verdict.size == 0 and np.isnan(empty.dispersion.phi)


def test_all_or_none_everywhere_is_no_signal() -> None:
    for x in (0, 10):
        funnel = share_funnel([x] * 12, [10] * 12)
        assert not funnel.verdict.any() and (funnel.lower95 == funnel.upper95).all()
    assert not ratio_funnel([0] * 12, [0.1] * 12).verdict.any()


@quick
@given(st.lists(st.floats(-5, 5), min_size=2, max_size=40), st.floats(0.1, 1000))
def test_dispersion_is_never_negative_and_winsorising_never_raises_it(z: list[float], weight: float) -> None:
    weights = [weight] * len(z)
    plain, drawn_in = over_dispersion(z, weights, trim=0), over_dispersion(z, weights)
    assert plain.tau2 >= 0 and plain.phi == approx(np.mean(np.square(z)))
    if min(z) <= 0 <= max(z) and len(z) < 10:
        assert plain == drawn_in


@pytest.mark.parametrize(("conf", "verdict"), [(NARROW, 1), (WIDE, 2)])
def test_a_single_event_rarer_than_the_limit_lies_beyond_it(conf: float, verdict: int) -> None:
    """P(X ≥ 1) just above α/2 is within the limits, just below beyond them, of shares as of ratios."""
    half = (1 - conf) / 2
    just_within, beyond = -np.log1p(-half * 1.01), -np.log1p(-half * 0.99)
    ratios = ratio_funnel([1, 1], [just_within, beyond], spread=False)
    assert ratios.verdict.tolist() == [verdict - 1, verdict]
    assert expected_at_limits(1, conf)[1] == approx(-np.log1p(-half))
    for n in (1, 40, 1000):
        shares = [-np.expm1(np.log1p(-half * nearly) / n) for nearly in (1.01, 0.99)]
        assert [int(share_against([1], [n], share).verdict[0]) for share in shares] == [verdict - 1, verdict]
        # one miss among n where nearly all succeed is the same seen from the other end
        turned = [int(share_against([n - 1], [n], 1 - share).verdict[0]) for share in shares]
        assert turned == [1 - verdict, -verdict]


def test_no_lines_where_no_station_has_anything_to_say() -> None:
    assert all(np.isnan(line).all() for line in share_lines(share_funnel([], []), [5, 10]).values())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: share_funnel([3], [2]), "successes must not exceed trials"),
        (lambda: share_funnel([3, 2], [4, 5, 6]), r"one shape is needed.*successes \(2,\), trials \(3,\)"),
        (lambda: over_dispersion([1], [1, 1]), "one shape is needed"),
        (lambda: ratio_funnel([3], [0]), "observed events where 0 are expected"),
        (lambda: ratio_funnel([3], [-1]), "expected must not be negative"),
        (lambda: share_limits(1.2, 5), "centre must lie between 0 and 1"),
        (lambda: share_limits(0.2, 5, method="bayes"), "method must be"),
        (lambda: over_dispersion([1, 2], [1, 1], trim=0.5), "trim must lie"),
    ],
)
def test_what_cannot_be_is_refused_by_name(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
