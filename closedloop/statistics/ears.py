"""Is today unusual? EARS C1, C2 and C3: today against the seven days before, or the seven before yesterday.

::

    C1   baseline t−7 … t−1
    C2   baseline t−9 … t−3: a rise that began yesterday does not hide itself
    C1, C2 = (y − ȳ)/s, s with n−1, never below min_sigma;     alarm above z₁₋α, α = 0.001
    C3(t) = Σₖ₌₀² max(0, C2(t−k) − 1);                         alarm at α = 0.025

    upper bounds   C1, C2: ȳ + z·s          C3: ȳ + s·max(0, z + 1 − Σₖ₌₁² max(0, C2(t−k) − 1))

Source: Hutwagner et al., Journal of Urban Health 80 (2003); Salmon et al., R package surveillance. Worked
numbers: baseline 1, 1, 1, 3, 3, 1, 2 at α = 0.05 → upper bound 3.278854. For y = 2, 3, 1, 2, 4, 2, 3, 2, 3,
9, 7, 8: C2 of the last three days 6.733711, 4.684320, 5.709015; C3 of the last 14.127046, C1 of it 1.380585.

**C3 starts from the baseline mean.** surveillance 1.26.0 starts its bound from the observed value, so that
the alarm ignores the day it speaks of; its manual, and we, start from ȳ. Our bound is that of the statistic
C3 > z as long as the two days before do not exceed z by themselves. Where they do, the day must still reach
beyond its baseline by what they leave of z + 1, so a day at or below its own baseline raises no alarm,
however much those two remember.

What it does not say: a weekly season widens s instead of being expected; rare events (fewer than one a day)
belong to ``exceedance``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike
from scipy.special import ndtri

from closedloop.statistics.arguments import Floats, amounts, probability

BASELINE = 7
LEAST_REPORTED = 4
"""A baseline with fewer reported days than this judges nobody."""


@dataclass(frozen=True, eq=False)
class Ears:
    """Arrays of the shape of the counts: statistics, upper bounds, alarms.

    NaN and no alarm at the head of a series (C1: 7 days, C2: 9, C3: 11), on days that nobody reported, and
    after a baseline with fewer than 4 reported days.
    """

    c1: Floats
    c2: Floats
    c3: Floats
    upper1: Floats
    upper2: Floats
    upper3: Floats
    alarm1: np.ndarray
    alarm2: np.ndarray
    alarm3: np.ndarray


def ears(
    counts_by_day: ArrayLike, *, alpha: float = 0.001, alpha_c3: float = 0.025, min_sigma: float = 0.5
) -> Ears:
    """C1 to C3 for every day: shape (time,), or (series, time) for many series at once.

    Consecutive days, NaN where nobody reported: such a day is left out of baselines, and a C2 that it takes
    away adds nothing to C3. ``min_sigma`` is in events a day; 0 is refused, since an all-equal baseline would
    make any other count infinitely unusual.
    """
    y = amounts(counts_by_day, "counts_by_day")
    if y.ndim not in (1, 2):
        raise ValueError(f"counts_by_day must have the shape (time,) or (series, time); it is {y.shape}")
    if not min_sigma > 0:
        raise ValueError(f"min_sigma must be above 0; it is {min_sigma!r}")
    z = float(ndtri(1 - probability(alpha, "alpha")))
    z3 = float(ndtri(1 - probability(alpha_c3, "alpha_c3")))

    mean1, sigma1 = _baseline(y, 1, min_sigma)
    mean2, sigma2 = _baseline(y, 3, min_sigma)
    c1, c2 = (y - mean1) / sigma1, (y - mean2) / sigma2
    excess = np.nan_to_num(np.maximum(0.0, c2 - 1), nan=0.0)
    memory = np.zeros_like(excess)
    for back in (1, 2):
        memory[..., back:] += excess[..., :-back]
    known3 = ~np.isnan(c2)
    known3[..., : BASELINE + 4] = False
    c3 = np.where(known3, excess + memory, np.nan)

    upper1, upper2 = mean1 + z * sigma1, mean2 + z * sigma2
    upper3 = np.where(known3, mean2 + sigma2 * np.maximum(0.0, z3 + 1 - memory), np.nan)
    with np.errstate(invalid="ignore"):
        return Ears(c1, c2, c3, upper1, upper2, upper3, y > upper1, y > upper2, y > upper3)


def _baseline(y: Floats, lag: int, min_sigma: float) -> tuple[Floats, Floats]:
    """Mean and floored standard deviation of the seven days that end ``lag`` days before each day."""
    mean, sigma = np.full(y.shape, np.nan), np.full(y.shape, np.nan)
    first = BASELINE + lag - 1
    if y.shape[-1] <= first:
        return mean, sigma
    windows = sliding_window_view(y, BASELINE, axis=-1)[..., : y.shape[-1] - first, :]
    reported = ~np.isnan(windows)
    n = reported.sum(axis=-1)
    enough = n >= LEAST_REPORTED
    centre = np.where(reported, windows, 0.0).sum(axis=-1) / np.maximum(n, 1)
    squares = np.where(reported, (windows - centre[..., None]) ** 2, 0.0).sum(axis=-1)
    deviation = np.maximum(np.sqrt(squares / np.maximum(n - 1, 1)), min_sigma)
    mean[..., first:] = np.where(enough, centre, np.nan)
    sigma[..., first:] = np.where(enough, deviation, np.nan)
    return mean, sigma
