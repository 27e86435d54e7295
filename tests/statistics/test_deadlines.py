"""Chances of missing a deadline: by hand, at the boundaries, and only where enough were followed so long."""

from __future__ import annotations

import numpy as np
import pytest
from pytest import approx

from closedloop.statistics.deadlines import ENOUGH, ClockHistory, chances_of_missing

TENTHS = np.arange(1, 11) / 5


def _history(items: int | None = 10, severity: str = "red", ended: bool = True) -> ClockHistory:
    return ClockHistory(["a"] * 10, [severity] * 10, TENTHS, [ended] * 10, [items] * 10)


def _both(first: ClockHistory, second: ClockHistory) -> ClockHistory:
    names = ("kind", "severity", "elapsed", "ended", "items")
    return ClockHistory(**{n: np.concatenate([getattr(first, n), getattr(second, n)]) for n in names})


def test_the_worked_number():
    told = chances_of_missing(_history(), ["a"], ["red"], [0.5], [1.0])
    assert told.chance == approx([0.625])
    assert (told.items.tolist(), told.basis.tolist()) == ([80], ["severity"])


def test_ending_at_the_very_deadline_is_in_time_and_a_thousandth_later_is_not():
    ends = np.repeat([1.0, 1.001], 50)
    history = ClockHistory(["a"] * 100, ["red"] * 100, ends, [True] * 100, [1] * 100)
    told = chances_of_missing(history, ["a"] * 2, ["red"] * 2, [0.0, 0.999], [1.0, 1.001])
    assert told.chance == approx([0.5, 0.0])


def test_an_extension_is_a_limit_further_away():
    told = chances_of_missing(_history(), ["a"] * 2, ["red"] * 2, [0.5] * 2, [1.0, 1.6])
    assert told.chance[1] == approx(0.25) and told.chance[1] < told.chance[0]


def test_a_curve_that_does_not_reach_the_limit_rests_on_nothing():
    told = chances_of_missing(_history(ended=False), ["a"], ["red"], [0.1], [6.0])
    assert (np.isnan(told.chance[0]), told.items[0], told.basis[0]) == (True, 0, "nothing")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: chances_of_missing(_history(), ["a", "b"], ["red"], [0.1], [1.0]), "equally long"),
        (
            lambda: chances_of_missing(_history(items=None), ["a"], ["red"], [0.1], [1.0]),
            "items must be known",
        ),
    ],
)
def test_what_cannot_be_is_refused_by_name(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_what_is_older_is_likelier_to_miss():
    ages = np.array([0.0, 0.2, 0.4, 0.6, 0.8])
    told = chances_of_missing(_history(), ["a"] * 5, ["red"] * 5, ages, np.ones(5))
    assert (np.diff(told.chance) > 0).all()


def test_fewer_than_enough_of_the_colour_leave_the_word_to_all_colours():
    for beyond, basis in ((ENOUGH, "severity"), (ENOUGH - 1, "kind")):
        few = ClockHistory(["a"], ["red"], [2.0], [True], [beyond])
        told = chances_of_missing(_both(few, _history(severity="blue")), ["a"], ["red"], [0.5], [1.0])
        assert told.basis.tolist() == [basis]
        # Beyond half the limit: the few red ones, all late; with the 80 blue ones, of which 50 are.
        expected = 1.0 if basis == "severity" else (50 + beyond) / (80 + beyond)
        assert told.chance == approx([expected])


def test_nothing_is_said_where_too_few_were_followed_so_long():
    for kind, age in (("a", 1.9), ("a", 5.0), ("never seen", 0.1)):
        told = chances_of_missing(_history(), [kind], ["red"], [age], [6.0])
        assert np.isnan(told.chance).all() and told.basis.tolist() == ["nothing"]
    # None ended, and none was watched as long as the deadline: the curve does not reach it.
    told = chances_of_missing(_history(ended=False), ["a"], ["red"], [0.1], [6.0])
    assert np.isnan(told.chance).all() and told.basis.tolist() == ["nothing"]


def test_what_is_still_running_counts_for_as_long_as_it_was_watched():
    young = ClockHistory(["a"] * 10, ["red"] * 10, [0.1] * 10, [False] * 10, [100] * 10)
    alone = chances_of_missing(_history(), ["a"], ["red"], [0.5], [1.0])
    told = chances_of_missing(_both(_history(), young), ["a"], ["red"], [0.5], [1.0])
    assert told.chance == approx(alone.chance) and told.items.tolist() == alone.items.tolist()


def test_no_clock_and_no_history_are_no_trouble():
    assert chances_of_missing(_history(), [], [], [], []).chance.size == 0
    nothing = ClockHistory([], [], [], [], [])
    assert np.isnan(chances_of_missing(nothing, ["a"], ["red"], [0.5], [1.0]).chance).all()


def test_what_is_told_at_a_past_moment_is_what_comes():
    """Simulated clocks, half of them slow, looked at while some of every age are running."""
    random = np.random.default_rng(20250425)
    begun, now = random.uniform(0, 10, 60_000), 9.0
    length = random.gamma(2, np.where(random.random(begun.size) < 0.5, 0.2, 0.7))
    known = begun < now
    running = known & (begun + length > now) & (now - begun < 1)
    elapsed = np.minimum(length, now - begun)[known]
    history = ClockHistory(
        ["a"] * known.sum(), [""] * known.sum(), elapsed, (begun + length <= now)[known], np.ones(known.sum())
    )
    count = running.sum()
    told = chances_of_missing(history, ["a"] * count, [""] * count, (now - begun)[running], np.ones(count))
    missed = (length > 1)[running]
    for low, high in ((0.0, 1 / 3), (1 / 3, 2 / 3), (2 / 3, 1.0)):
        band = (told.chance > low) & (told.chance <= high)
        if band.sum() > 300:
            assert told.chance[band].mean() == approx(missed[band].mean(), abs=0.05)
    assert count > 3_000 and told.chance.mean() == approx(missed.mean(), abs=0.02)
