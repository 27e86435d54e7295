"""Is a station's count of the last days unlike its own half-year? The rule of the warnings.

Every day: the sum of the last 7 days, and of the last 14, against the 26 weeks before them::

    μ      mean of those weeks, at least 0.5
    φ      Σ (week − μ)²/μ / (weeks − 1)
    called ratio of the two rates, exact, widened by φ: its 99.995 % interval does not hold 1

Whole weeks on both sides, so no weekday season is in it. Chosen by ``python -m benchmarks.signals``: 0.20
false calls per station and year, where a month ±10 % on last year's gives 4.44 (docs/statistics.md).
Worked number: 10 a day, 70 in each of 26 weeks, then 130 in a week: expected 70, ratio 1.857, interval
1.254…2.647, called. 95 in that week: 1.357, 0.856…2.039, not called.

What it does not say: why; that all is well while it is silent (a lasting +30 % is called in about half the
cases within half a year); anything about shares and stocks, whose days are no independent counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from closedloop.statistics.arguments import Floats, Signs, counts
from closedloop.statistics.rates import RateRatio, rate_ratio

WINDOWS = (7, 14)
WEEKS, ENOUGH_WEEKS = 26, 20
CONF = 0.99995
#: Days that the longest window and its half-year need.
DAYS_NEEDED = WINDOWS[-1] + 7 * WEEKS


@dataclass(frozen=True, eq=False)
class Recent:
    """The last ``length`` days of each series against the half-year before them. All arrays: (series,).

    ``now`` is the count of the window, ``expected`` what the half-year leads to expect in as many days;
    ``called`` +1 above, −1 below, 0 within chance. All NaN, and called 0, where a day of the window was not
    reported or fewer than 20 whole weeks of the 26 were (``judged`` is false).
    """

    length: int
    now: Floats
    expected: Floats
    ratio: RateRatio
    called: Signs

    @property
    def judged(self) -> np.ndarray:
        """Whether there was enough before to judge by."""
        return ~np.isnan(self.now)


def recent_change(daily: ArrayLike, length: int = WINDOWS[0], *, conf: float = CONF) -> Recent:
    """Judge the last ``length`` columns of ``daily`` (series, days), NaN for a day that nobody reported.

    Needs ``length`` + 182 columns; what lies further back is left out. A week with a missing day is left out
    of the half-year, both of its count and of its days.
    """
    y = np.atleast_2d(counts(daily, "daily"))
    if length < 1 or y.ndim != 2:
        raise ValueError(f"length must be at least one day of a table (series, days): {length}, {y.shape}")
    needed = length + 7 * WEEKS
    if y.shape[-1] < needed:
        raise ValueError(f"daily must hold {needed} days ({length} and {WEEKS} weeks); it is {y.shape}")
    now = y[:, -length:].sum(axis=1)
    weeks = y[:, -needed:-length].reshape(y.shape[0], WEEKS, 7).sum(axis=2)
    whole = ~np.isnan(weeks)
    number = whole.sum(axis=1)
    judged = ~np.isnan(now) & (number >= ENOUGH_WEEKS)
    number = np.maximum(number, 2)
    then = np.nansum(weeks, axis=1)
    mean = np.maximum(then / number, 0.5)
    phi = np.where(whole, (weeks - mean[:, None]) ** 2 / mean[:, None], 0.0).sum(axis=1) / (number - 1)
    now = np.where(judged, now, np.nan)
    ratio = rate_ratio(now, length, then, 7 * number, conf=conf, phi=phi)
    called = (ratio.lower > 1).astype(np.int8) - (ratio.upper < 1).astype(np.int8)
    expected = np.where(judged, then / (7 * number) * length, np.nan)
    return Recent(length, now, expected, ratio, called)
