"""Time to close with open items in it: against statsmodels, with ties, truncation, nothing closed at all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pytest import approx
from scipy.special import betaincinv
from statsmodels.duration.survfunc import SurvfuncRight, survdiff

from closedloop.statistics.survival import kaplan_meier, log_rank
from tests.statistics.series import closings, quick

Items = tuple[list[float], list[bool]]


@quick
@given(closings())
def test_the_curve_is_statsmodels(items: Items) -> None:
    ages, closed = items
    assume(any(closed))
    ours, theirs = kaplan_meier(ages, closed), SurvfuncRight(ages, np.array(closed, dtype=int))
    event = ours.closed > 0
    np.testing.assert_allclose(ours.age[event], theirs.surv_times)
    np.testing.assert_allclose(ours.survival[event], theirs.surv_prob, atol=1e-12)
    np.testing.assert_array_equal(ours.at_risk[event], theirs.n_risk)


@quick
@given(closings(), st.sampled_from(["log", "log-log"]))
def test_a_curve_never_rises_and_lies_in_its_limits(items: Items, interval: str) -> None:
    curve = kaplan_meier(*items, interval=interval)
    assert (np.diff(curve.survival) <= 1e-15).all()
    assert ((curve.survival >= 0) & (curve.survival <= 1)).all()
    known = curve.survival > 0
    assert (curve.lower[~known] == 0).all() and np.isnan(curve.upper[~known]).all()
    assert (curve.lower <= curve.survival + 1e-12)[known].all()
    assert (curve.upper >= curve.survival - 1e-12)[known].all()
    assert ((curve.lower >= 0) & (curve.upper <= 1))[known].all()
    estimate, lower, upper = curve.median
    assert lower <= estimate <= upper
    assert curve.closed.sum() + curve.censored.sum() == curve.items


@quick
@given(closings(), st.randoms(use_true_random=False))
def test_the_order_of_items_says_nothing(items: Items, random) -> None:
    shuffled = list(zip(*items, strict=True))
    random.shuffle(shuffled)
    again = kaplan_meier([age for age, _ in shuffled], [closed for _, closed in shuffled])
    np.testing.assert_array_equal(kaplan_meier(*items).survival, again.survival)


def test_what_closes_at_an_age_counts_before_what_was_last_seen_open_then() -> None:
    curve = kaplan_meier([5, 5, 9], [True, False, True])
    assert curve.survival == approx([2 / 3, 0]) and curve.at_risk.tolist() == [3, 1]


def test_nothing_closed_has_no_median() -> None:
    curve = kaplan_meier([3, 8, 20], [False] * 3)
    assert curve.median == (np.inf, np.inf, np.inf)
    assert curve.at([0, 20]).tolist() == [1, 1] and np.isnan(curve.at(21))


def test_no_items_at_all() -> None:
    curve = kaplan_meier([], [])
    assert np.isnan(curve.median).all() and np.isnan(curve.at(3)) and np.isnan(curve.chance_of_missing(1, 2))
    assert log_rank([], [], []).p == 1


def test_closed_at_once_and_one_alone() -> None:
    assert kaplan_meier([0, 0, 4], [True, True, True]).at([0, 3.9, 4, 99]) == approx([1 / 3, 1 / 3, 0, 0])
    assert kaplan_meier([7], [True]).median[0] == 7
    assert kaplan_meier([7], [False]).median[0] == np.inf


def test_the_median_of_the_closed_alone_is_biased_fast() -> None:
    ages = [9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161]
    closed = [1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0]
    assert kaplan_meier(ages, closed).median[0] == 31
    assert np.median([age for age, done in zip(ages, closed, strict=True) if done]) == 23


def test_chance_of_missing_a_deadline() -> None:
    curve = kaplan_meier([2, 4, 6, 8, 10, 10], [True, True, True, True, False, False])
    assert curve.chance_of_missing(0, 4) == approx(4 / 6)
    assert curve.chance_of_missing(4, 6) == approx(3 / 4)
    assert curve.chance_of_missing([5, 6, 6.5, 10, 11], 6) == approx([3 / 4, 1, 1, 1, 1])
    assert np.isnan(curve.chance_of_missing(4, 30)), "nobody was watched so long"
    gone = kaplan_meier([2, 4], [True, True])
    assert gone.chance_of_missing(1, 4) == 0 and np.isnan(gone.chance_of_missing(4, 9))


def test_items_that_were_open_before_the_data_begin_are_not_counted_as_patient() -> None:
    random = np.random.default_rng(11)
    begun, length = random.uniform(-60, 60, 20_000), random.exponential(10, 20_000)
    seen = begun + length > 0
    begun, length = begun[seen], length[seen]
    entered = np.maximum(0, -begun)
    truncated = kaplan_meier(length, np.ones(length.size, bool), entered=entered)
    naive = kaplan_meier(length, np.ones(length.size, bool))
    assert truncated.median[0] == approx(10 * np.log(2), rel=0.05)
    assert naive.median[0] > 1.1 * truncated.median[0]


@quick
@given(closings(least=6), st.integers(2, 4))
def test_log_rank_is_statsmodels_for_any_number_of_groups(items: Items, k: int) -> None:
    ages, closed = items
    group = np.arange(len(ages)) % k
    assume(len(set(group)) == k and any(closed))
    ours = log_rank(ages, closed, group)
    if ours.df < k - 1:
        return  # statsmodels inverts a singular matrix there
    statistic, p = survdiff(np.array(ages), np.array(closed, dtype=int), group)
    assert (ours.statistic, ours.p) == approx((statistic, p), abs=1e-6)
    assert ours.observed.sum() == approx(ours.expected.sum())


def test_one_item_alone_against_many_is_one_degree_of_freedom() -> None:
    """Rounding left the direction without variance a trace, and the test a degree too many: p 0.135."""
    ours = log_rank([30, 7, 15, 9, 24], [False, True, True, True, False], [1, 0, 1, 1, 1])
    assert (ours.statistic, ours.df, ours.p) == (approx(4), 1, approx(0.045500, abs=1e-6))


def test_log_rank_of_one_group_or_of_nothing_closed_says_nothing() -> None:
    assert (log_rank([1, 2], [True, True], ["a", "a"]).df, log_rank([1, 2], [True, True], ["a", "a"]).p) == (
        0,
        1,
    )
    assert log_rank([1, 2], [False, False], ["a", "b"]).p == 1
    assert log_rank([3, 3], [True, True], ["a", "b"]).p == 1
    slow = log_rank([*range(1, 30), *range(40, 70)], [True] * 59, ["quick"] * 29 + ["slow"] * 30)
    assert slow.p < 1e-6 and slow.groups.tolist() == ["quick", "slow"] and slow.observed[0] > slow.expected[0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kaplan_meier([-1], [True]), "durations must not be negative"),
        (lambda: kaplan_meier([np.nan], [True]), "durations must be known"),
        (lambda: kaplan_meier([1, 2], [True]), "equally long"),
        (lambda: kaplan_meier([1], [2]), "closed must be true or false"),
        (lambda: kaplan_meier([1], [True], entered=[1]), "entered must be one age per item, below"),
        (lambda: kaplan_meier([1], [True], interval="plain"), "interval must be"),
        (lambda: kaplan_meier([1], [True]).quantile(1), "share must lie between 0 and 1"),
        (lambda: kaplan_meier([1], [None]), "closed must be true or false"),
        (lambda: log_rank([1, 2], [True, True], ["a"]), "group must name one group per item"),
        (lambda: log_rank([1, 2], [True, True], ["a", None]), "group must name one group per item"),
    ],
)
def test_what_cannot_be_is_refused_by_name(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_what_closes_as_it_opens_may_be_watched_from_its_opening():
    curve = kaplan_meier([0, 0, 4, 6], [True, False, True, True], entered=[0, 0, 0, 5])
    # At 0: the three watched from their opening; at 4 one of them is left; at 6 only the late-comer.
    assert curve.at_risk.tolist() == [3, 1, 1]
    with pytest.raises(ValueError, match="entered must be one age per item, below"):
        kaplan_meier([5], [True], entered=[5])


def test_how_many_were_watched_beyond_an_age():
    curve = kaplan_meier([2, 2, 4, 10], [True, False, True, True])
    assert curve.watched_beyond([0, 1.9, 2, 4, 9.9, 10, 11]).tolist() == [4, 4, 2, 1, 1, 0, 0]


def test_the_log_rank_test_counts_late_comers_only_once_they_are_watched():
    ages, closed, group = [3, 5, 8, 9], [True] * 4, ["a", "b", "a", "b"]
    plain = log_rank(ages, closed, group)
    assert log_rank(ages, closed, group, entered=[0, 0, 0, 0]).statistic == approx(plain.statistic)
    late = log_rank(ages, closed, group, entered=[0, 4, 0, 0])
    # At 3 three are watched instead of four, one of them of group b: E_b 1/3 instead of 1/2.
    assert plain.expected[1] - late.expected[1] == approx(1 / 2 - 1 / 3)


def test_without_open_items_the_product_limits_are_those_of_clopper_and_pearson() -> None:
    for closed in (0, 1, 7, 20):
        curve = kaplan_meier(
            [1.0] * closed + [9.0] * (20 - closed), [True] * closed + [False] * (20 - closed)
        )
        lower, upper = curve.product_limits_at(5.0 if closed < 20 else 1.0)
        still = 20 - closed
        assert lower == approx(betaincinv(still, closed + 1, 0.025) if still else 0.0)
        assert upper == approx(betaincinv(still + 1, closed, 0.975) if closed else 1.0)
    assert kaplan_meier([1.0] * 20, [True] * 20).product_limits_at(3.0) == (0.0, approx(0.168433, abs=1e-6))
    assert kaplan_meier([9.0] * 20, [False] * 20).product_limits_at(3.0) == (approx(0.831567, abs=1e-6), 1.0)


def test_with_open_items_the_product_limits_are_the_quantiles_of_the_product() -> None:
    draw = np.random.default_rng(20260101)
    # All that were watched to the end have closed; the others were seen open at half the age.
    curve = kaplan_meier([0.5] * 40 + list(np.linspace(0.1, 0.9, 30)), [False] * 40 + [True] * 30)
    assert curve.at(1.0) == 0
    product = np.ones(200_000)
    for n, d in zip(curve.at_risk, curve.closed, strict=True):
        product *= draw.beta(n - d + 1, d, product.size) if d else 1.0
    lower, upper = curve.product_limits_at(1.0)
    assert (lower, upper) == (0.0, approx(np.quantile(product, 0.975), rel=0.05))
    # Open items say less than closed ones: the limit lies above that of 70, and below that of 15 alone.
    assert 1 - 0.025 ** (1 / 70) < upper < 1 - 0.025 ** (1 / 15)


def test_an_entry_may_stand_for_many_items() -> None:
    draw = np.random.default_rng(7)
    t, entered = draw.integers(1, 30, 60).astype(float), draw.integers(0, 2, 60) * 0.5
    closed, group, items = draw.random(60) < 0.7, draw.integers(0, 3, 60), draw.integers(1, 9, 60)
    for start in (None, entered):
        short = kaplan_meier(t, closed, entered=start, items=items)
        each = None if start is None else np.repeat(start, items)
        long = kaplan_meier(np.repeat(t, items), np.repeat(closed, items), entered=each)
        for name in ("age", "at_risk", "closed", "censored", "survival", "lower", "upper", "items"):
            assert np.array_equal(getattr(short, name), getattr(long, name), equal_nan=True), name
        one = log_rank(t, closed, group, entered=start, items=items)
        other = log_rank(np.repeat(t, items), np.repeat(closed, items), np.repeat(group, items), entered=each)
        assert (one.statistic, one.df, one.p) == approx((other.statistic, other.df, other.p))
        assert (one.observed == other.observed).all() and one.expected == approx(other.expected)
    for wrong in ([0] * 60, [1.5] * 60, [1] * 59):
        with pytest.raises(ValueError, match="items"):
            kaplan_meier(t, closed, items=wrong)


def test_product_limits_hold_the_share_whoever_came_late_and_however_many() -> None:
    late = kaplan_meier([0.2, 0.4] + [2.0] * 20, [1, 1] + [0] * 20, entered=[0, 0.3] + [0.5] * 20)
    lower, upper = late.product_limits_at(1.0)
    assert late.at(1.0) == 0 and lower == 0 < upper < 1
    many = kaplan_meier([9.0], [False], items=[10**9])
    assert many.product_limits_at(1.0) == (approx(1.0), 1.0)
    one_by_one = kaplan_meier(np.arange(1.0, 2001), [True] * 2000, entered=np.arange(0.0, 2000) + 0.5)
    assert one_by_one.product_limits_at(2000.0) == (0.0, approx(0.0))


def test_product_limits_say_nothing_beyond_the_oldest_item() -> None:
    assert np.isnan(kaplan_meier([1.0, 2.0], [True, False]).product_limits_at(2.5)).all()
    assert np.isnan(kaplan_meier([], []).product_limits_at(1.0)).all()
