"""The rule of the warnings: what it calls, what it leaves to chance, and what it does not judge."""

from __future__ import annotations

import numpy as np
import pytest
from pytest import approx

from closedloop.statistics.rates import rate_ratio
from closedloop.statistics.recent import DAYS_NEEDED, recent_change


def _days(last_week: float, *, usual: float = 10.0) -> np.ndarray:
    """26 even weeks, then seven days with ``last_week`` among them."""
    week = np.full(7, last_week // 7)
    week[-1] += last_week % 7
    return np.concatenate([np.full(182, usual), week])


def test_the_worked_number():
    found = recent_change(np.stack([_days(130), _days(95)]))
    assert found.now == approx([130, 95]) and found.expected == approx([70, 70])
    assert found.ratio.ratio == approx([1.857143, 1.357143], abs=1e-6)
    assert (found.ratio.lower, found.ratio.upper) == (
        approx([1.254304, 0.855990], abs=1e-6),
        approx([2.646784, 2.039389], abs=1e-6),
    )
    assert list(found.called) == [1, 0]


def test_the_limit_is_where_the_exact_interval_leaves_one():
    counts = np.arange(0, 140)
    found = recent_change(np.stack([_days(count) for count in counts]))
    alone = rate_ratio(counts, 7, 1820, 182, conf=0.99995)
    assert (found.called == 0).tolist() == alone.within_chance.tolist()
    first_high, last_low = counts[found.called == 1].min(), counts[found.called == -1].max()
    # One case fewer, or more, and it is chance.
    assert found.called[first_high - 1] == 0 == found.called[last_low + 1]
    assert last_low < 70 < first_high


def test_weeks_that_spread_beyond_chance_raise_what_is_called():
    even, bunched = _days(110), _days(110)
    bunched[:182] = np.tile(np.r_[np.full(7, 5.0), np.full(7, 15.0)], 13)
    found = recent_change(np.stack([even, bunched]))
    assert list(found.called) == [1, 0] and found.ratio.phi[1] > 10


@pytest.mark.parametrize(
    ("missing", "judged"),
    [
        (slice(182, 183), False),  # the first day of the window
        (slice(181, 182), True),  # the day before it: one week of the half-year
        (slice(0, 6 * 7), True),  # 20 whole weeks are left
        (slice(0, 6 * 7 + 1), False),  # 19
    ],
)
def test_what_was_not_reported_is_not_judged_and_never_zero(missing, judged):
    days = _days(130)
    days[missing] = np.nan
    found = recent_change(days)
    assert (bool(found.judged[0]), int(found.called[0])) == (judged, int(judged))
    if judged:
        assert found.expected[0] == approx(70)


def test_a_series_too_short_is_refused():
    assert recent_change(np.ones((1, DAYS_NEEDED)), 14).judged.all()
    with pytest.raises(ValueError, match="196 days"):
        recent_change(np.ones((1, DAYS_NEEDED - 1)), 14)
    for table, length in ((np.ones((1, DAYS_NEEDED)), 0), (np.ones((1, 1, DAYS_NEEDED)), 7)):
        with pytest.raises(ValueError, match="at least one day of a table"):
            recent_change(table, length)
