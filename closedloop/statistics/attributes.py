"""p- and u-charts: shares and rates over time whose denominators differ from day to day.

::

    p-chart   p̄ = Σx / Σn    limits p̄ ± 3·√(p̄(1−p̄)/nᵢ), cut to 0…1       x late of n cases
    u-chart   ū = Σx / Σt    limits ū ± 3·√(ū/tᵢ), cut at 0               x findings in t records

Source: Montgomery, Introduction to Statistical Quality Control, ch. 7; ``spread``: Laney, Quality Engineering
14 (2002). Worked number: 5, 8, 2 late of 100, 200, 50 → p̄ = 15/350 = 0.042857; the upper limit of the second
day is 0.042857 + 3·√(0.042857·0.957143/200) = 0.085821.

What it does not say: with thousands of cases a day nearly every day lies outside, because days differ by more
than the chance of single cases. ``spread=True`` then widens the limits by what they really differ (Laney's p′
and u′): by MR̄ of zᵢ = (pᵢ − p̄)/σᵢ, divided by 1.128, never below 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from closedloop.statistics.arguments import Floats, Signs, amounts, counts, shares, together
from closedloop.statistics.rules import RUN, shift_ends, signs_about, spread_back

_SIGMAS = 3.0
_MEAN_RANGE_OF_A_NORMAL = 1.128


@dataclass(frozen=True, eq=False)
class AttributeChart:
    """One point per day. ``values`` is x/n (NaN where nobody reported or n = 0), ``size`` its denominator.

    ``outside`` and ``shift`` (7 points on one side) are signs: +1 high, −1 low. ``widened_by`` is the factor
    of Laney's σ_z, 1 where it was not asked for.
    """

    values: Floats
    size: Floats
    centre: float
    lower: Floats
    upper: Floats
    outside: Signs
    shift: Signs
    widened_by: float


def p_chart(successes: ArrayLike, trials: ArrayLike, *, spread: bool = False) -> AttributeChart:
    """Shares x/n day by day; both of shape (time,). A day with n = 0, or that nobody reported, is a gap."""
    x, n = shares(successes, trials)
    return _chart(x, n, lambda centre: centre * (1 - centre), ceiling=1.0, spread=spread)


def u_chart(events: ArrayLike, exposure: ArrayLike, *, spread: bool = False) -> AttributeChart:
    """Rates x/t day by day; both of shape (time,). A day with exposure 0, or that nobody reported, is a
    gap.
    """
    x, t = together(events=counts(events, "events"), exposure=amounts(exposure, "exposure"))
    if (x[t == 0] > 0).any():
        raise ValueError("events without exposure: a day with exposure 0 holds events")
    return _chart(x, t, lambda centre: centre, ceiling=None, spread=spread)


def _chart(x: Floats, size: Floats, variance, ceiling: float | None, spread: bool) -> AttributeChart:
    if x.ndim != 1:
        raise ValueError(f"a chart has the shape (time,); it is {x.shape}")
    reported = ~np.isnan(x) & ~np.isnan(size) & (size > 0)
    values = np.divide(x, size, out=np.full(x.shape, np.nan), where=reported)
    if not reported.any():
        nothing, none = np.full(x.shape, np.nan), np.zeros(x.shape, dtype=np.int8)
        return AttributeChart(values, size.copy(), np.nan, nothing, nothing.copy(), none, none.copy(), 1.0)

    centre = float(x[reported].sum() / size[reported].sum())
    sigma = np.sqrt(np.divide(variance(centre), size, out=np.full(x.shape, np.nan), where=reported))
    factor = _laney((values - centre)[reported], sigma[reported]) if spread else 1.0
    reach = _SIGMAS * factor * sigma
    lower, upper = np.clip(centre - reach, 0.0, None), np.clip(centre + reach, None, ceiling)

    outside = np.maximum(signs_about(values, upper), 0) + np.minimum(signs_about(values, lower), 0)
    shift = np.zeros(x.shape, dtype=np.int8)
    shift[reported] = spread_back(
        shift_ends(signs_about(values[reported], np.full(reported.sum(), centre))), RUN
    )
    return AttributeChart(values, size.copy(), centre, lower, upper, outside.astype(np.int8), shift, factor)


def _laney(deviation: Floats, sigma: Floats) -> float:
    if deviation.size < 2 or not (sigma > 0).all():
        return 1.0
    mean_range = np.abs(np.diff(deviation / sigma)).mean()
    return max(1.0, float(mean_range / _MEAN_RANGE_OF_A_NORMAL))
