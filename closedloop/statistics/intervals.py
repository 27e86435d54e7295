"""How sure is a figure: a share, a count, a difference in percentage points (百分点).

Every function takes numbers or arrays of one shape and answers with an ``Interval`` of that shape. NaN in,
NaN out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaincinv

from closedloop.statistics.arguments import Floats, counts, level, shares

_EXACT_BELOW = 10


@dataclass(frozen=True, eq=False)
class Interval:
    """``estimate`` with ``lower`` ≤ it ≤ ``upper`` at confidence ``conf``; arrays of the shape of the
    input.
    """

    estimate: Floats
    lower: Floats
    upper: Floats
    conf: float


def wilson(successes: ArrayLike, trials: ArrayLike, conf: float = 0.95) -> Interval:
    """Wilson's score interval of a share x/n, in 0…1.

    ::

        (2x + z² ± z·√(z² + 4x(1 − x/n))) / (2(n + z²))

    Source: Wilson, JASA 22 (1927); UKHSA PHEindicatormethods. Worked number: 65 of 100 → 0.552544…0.736358
    (99.8 %: 0.495495…0.778354); 0 of 20 → 0…0.161125. With n = 0 nothing is known: estimate NaN, interval
    0…1.

    What it does not say: it holds for cases that do not depend on each other. Ten callers about one fire are
    one.
    """
    x, n = shares(successes, trials)
    _, z = level(conf)
    share = np.divide(x, n, out=np.full(x.shape, np.nan), where=n > 0)
    safe = np.where(n > 0, share, 0.0)
    reach = z * np.sqrt(z**2 + 4 * x * (1 - safe))
    lower = (2 * x + z**2 - reach) / (2 * (n + z**2))
    upper = (2 * x + z**2 + reach) / (2 * (n + z**2))
    # At the ends the formula gives 0 and 1 up to rounding; a share of 0 must lie in its interval.
    lower = np.where(x == 0, 0.0, np.minimum(lower, np.where(n > 0, share, lower)))
    upper = np.where(x == n, 1.0, np.maximum(upper, np.where(n > 0, share, upper)))
    return Interval(share[()], lower[()], upper[()], conf)


def count_interval(events: ArrayLike, conf: float = 0.95) -> Interval:
    """The mean behind a count x: Byar's approximation from 10 events upwards, exact Poisson below.

    ::

        Byar   x(1 − 1/(9x) − z/(3√x))³ … (x+1)(1 − 1/(9(x+1)) + z/(3√(x+1)))³
        exact  χ²(α/2; 2x)/2 … χ²(1−α/2; 2(x+1))/2

    Source: Breslow & Day (1987); UKHSA PHEindicatormethods. Worked number: 65 → 50.163188…82.849139; 1 →
    0.025318…5.571643.
    """
    x = counts(events, "events")
    alpha, z = level(conf)
    exact_lower, exact_upper = exact_count_limits(x, alpha)
    with np.errstate(divide="ignore", invalid="ignore"):
        below = x * (1 - 1 / (9 * x) - z / (3 * np.sqrt(x))) ** 3
    above = (x + 1) * (1 - 1 / (9 * (x + 1)) + z / (3 * np.sqrt(x + 1))) ** 3
    few = x < _EXACT_BELOW
    return Interval(x[()], np.where(few, exact_lower, below)[()], np.where(few, exact_upper, above)[()], conf)


def exact_count_limits(events: Floats, alpha: float) -> tuple[Floats, Floats]:
    """Exact Poisson limits of the mean behind each count, by the quantiles of χ² (a gamma distribution)."""
    lower = np.where(events > 0, gammaincinv(np.maximum(events, 1), alpha / 2), 0.0)
    return np.where(np.isnan(events), np.nan, lower), gammaincinv(events + 1, 1 - alpha / 2)


def point_difference(
    successes_now: ArrayLike,
    trials_now: ArrayLike,
    successes_then: ArrayLike,
    trials_then: ArrayLike,
    conf: float = 0.95,
) -> Interval:
    """Change of a share, now − then, in percentage points (0.62 means +0.62 个百分点).

    ::

        d − √((p₁ − l₁)² + (u₂ − p₂)²) … d + √((u₁ − p₁)² + (p₂ − l₂)²)      l, u: Wilson's limits

    Source: Newcombe, Statistics in Medicine 17 (1998), method 10. Worked number, his example (a): 56/70 −
    48/80 = 20.00 points, 5.24…33.39. Where either n is 0: NaN.
    """
    now, then = wilson(successes_now, trials_now, conf), wilson(successes_then, trials_then, conf)
    change = now.estimate - then.estimate
    lower = change - np.hypot(now.estimate - now.lower, then.upper - then.estimate)
    upper = change + np.hypot(now.upper - now.estimate, then.estimate - then.lower)
    return Interval(100 * change, 100 * lower, 100 * upper, conf)
