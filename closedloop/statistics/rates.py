"""How sure is a 同比: the ratio of two rates, and what their spread beyond chance does to it.

::

    ratio = (x₁/t₁) / (x₂/t₂)
    exact: given x₁+x₂, x₁ is binomial; with (p_l, p_u) its Clopper–Pearson limits
           ratio limits = p/(1−p) · t₂/t₁
    Wald:  exp(ln ratio ± z·√(1/x₁ + 1/x₂))

Source: Fay, R package rateratio.test. Worked number, its vignette: 2 in 17,877 against 9 in 16,660: ratio
0.207094, exact 0.021774…1.000549, p = 0.05011. 87 against 100: −13 %, and anything from −35 % to +17 %.

**Events that come in bunches.** Calls are not independent: their counts vary by φ times the variance of a
Poisson count. ``phi`` widens the interval on the logarithmic scale, each limit by √φ of its distance from the
ratio, and the p-value in the same measure: z of p, divided by √φ. A φ below 1 never narrows. Where a count is
0, and the ratio 0 or infinite, the distance is measured from the ratio of the counts plus one half.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc, betaincinv, ndtr, ndtri

from closedloop.statistics.arguments import Floats, amounts, counts, level, together


@dataclass(frozen=True, eq=False)
class RateRatio:
    """``ratio`` (1 = unchanged) with its interval, two-sided ``p`` and the ``phi`` that widened it.

    ``ratio`` is NaN where both counts are 0, infinite where only the second is; ``upper`` may be infinite.
    """

    ratio: Floats
    lower: Floats
    upper: Floats
    p: Floats
    conf: float
    phi: Floats

    @property
    def within_chance(self) -> np.ndarray:
        """属正常波动: the interval holds 1. True as well where nothing can be said."""
        return ~((self.lower > 1) | (self.upper < 1))


def rate_ratio(
    events_now: ArrayLike,
    exposure_now: ArrayLike,
    events_then: ArrayLike,
    exposure_then: ArrayLike,
    *,
    conf: float = 0.95,
    phi: ArrayLike = 1.0,
    method: str = "exact",
) -> RateRatio:
    """Two rates compared; numbers or arrays of one shape. Exposures (days, residents) must be above 0.

    ``method="wald"`` is for comparison with other people's figures: it fails with a count of 0 (NaN limits).
    """
    if method not in ("exact", "wald"):
        raise ValueError(f"method must be 'exact' or 'wald'; it is {method!r}")
    x1, t1, x2, t2, spread = together(
        events_now=counts(events_now, "events_now"),
        exposure_now=amounts(exposure_now, "exposure_now"),
        events_then=counts(events_then, "events_then"),
        exposure_then=amounts(exposure_then, "exposure_then"),
        phi=amounts(phi, "phi"),
    )
    if (t1 == 0).any() or (t2 == 0).any():
        raise ValueError("an exposure of 0 has no rate: exposure_now and exposure_then must be above 0")
    alpha, z = level(conf)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (x1 / t1) / (x2 / t2)
        if method == "exact":
            lower, upper = _exact(x1, t1, x2, t2, alpha)
        else:
            reach = z * np.sqrt(1 / x1 + 1 / x2)
            finite = (x1 > 0) & (x2 > 0)
            lower = np.where(finite, ratio * np.exp(-reach), np.nan)
            upper = np.where(finite, ratio * np.exp(reach), np.nan)
    spread = np.maximum(spread, 1.0)
    lower, upper = _widened(x1, t1, x2, t2, lower, upper, spread)
    p = _p_value(x1, t1, x2, t2, spread)
    return RateRatio(ratio[()], lower[()], upper[()], p[()], conf, spread[()])


def _exact(x1: Floats, t1: Floats, x2: Floats, t2: Floats, alpha: float) -> tuple[Floats, Floats]:
    low = np.where(x1 > 0, betaincinv(np.maximum(x1, 1), x2 + 1, alpha / 2), 0.0)
    high = np.where(x2 > 0, betaincinv(x1 + 1, np.maximum(x2, 1), 1 - alpha / 2), 1.0)
    gap = np.isnan(x1 + t1 + x2 + t2)
    lower, upper = low / (1 - low) * t2 / t1, high / (1 - high) * t2 / t1
    return np.where(gap, np.nan, lower), np.where(gap, np.nan, upper)


def _widened(
    x1: Floats, t1: Floats, x2: Floats, t2: Floats, lower: Floats, upper: Floats, phi: Floats
) -> tuple[Floats, Floats]:
    none = (x1 == 0) | (x2 == 0)
    half = np.where(none, 0.5, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = ((x1 + half) / t1) / ((x2 + half) / t2)
        wider = np.sqrt(phi)
        return middle * (lower / middle) ** wider, middle * (upper / middle) ** wider


def _p_value(x1: Floats, t1: Floats, x2: Floats, t2: Floats, phi: Floats) -> Floats:
    """Twice the smaller tail, as the interval is central; 1 where both counts are 0.

    The binomial tails by the incomplete beta function: ``bdtr`` knows no count beyond 2³¹.
    """
    at_most = np.where(x2 > 0, betainc(np.maximum(x2, 1), x1 + 1, t2 / (t1 + t2)), 1.0)
    at_least = np.where(x1 > 0, betainc(np.maximum(x1, 1), x2 + 1, t1 / (t1 + t2)), 1.0)
    p = np.minimum(1.0, 2 * np.minimum(at_most, at_least))
    softened = np.minimum(2 * ndtr(ndtri(p / 2) / np.sqrt(phi)), 1.0)
    gap = np.isnan(x1 + t1 + x2 + t2 + phi)
    return np.where(gap, np.nan, np.where(phi > 1, softened, p))


def dispersion(events: ArrayLike, expected: ArrayLike | None = None, fitted: int = 1) -> float:
    """φ of a series of counts: how many times a Poisson count's variance they vary.

    ::

        φ = Σ (x − μ)²/μ / (n − fitted)

    μ is the mean of the counts, or ``expected``, one per count (with weekday or season in it, or those count
    as spread); ``fitted`` is how many figures were estimated from the same counts to get μ. Source: McCullagh
    & Nelder (1989), Pearson's X². Worked number: 2, 4, 6 → μ = 4, (4 + 0 + 4)/4 / 2 = 1. NaN where fewer
    counts than fitted + 1 or nothing is expected.
    """
    x = counts(events, "events").ravel()
    if expected is None:
        reported = ~np.isnan(x)
        mu = np.full(x.shape, x[reported].mean() if reported.any() else np.nan)
    else:
        x, mu = together(events=x, expected=amounts(expected, "expected").ravel())
    known = ~np.isnan(x) & ~np.isnan(mu)
    x, mu = x[known], mu[known]
    if x.size <= fitted or not (mu > 0).all():
        return float("nan")
    return float(((x - mu) ** 2 / mu).sum() / (x.size - fitted))
