"""Comparing stations of different size (同类比较图): is this one unlike the others, beyond chance?

Not a ranking: stations within the limits do not differ as far as the figures can tell, whatever their order.

::

    share   θ = Σx/Σn      limits θ ± z·√(θ(1−θ)/n)                     z = 1.959964 (95 %), 3.090232 (99.8 %)
    ratio   O/E            E at the lower limit for O: χ²₁₋α/₂(2(O+1))/2; at the upper: χ²_α/₂(2·O)/2
    spread  zᵢ deviations in standard errors, wᵢ = 1/(standard error)²; for a ratio z = ln(O/E)·√E, w = E
            φ = mean z²
            τ² = max(0, (kφ − (k−1)) / (Σw − Σw²/Σw))
            every limit moves away from the centre by √(1 + τ²·w)

Sources: UKHSA PHEindicatormethods (limits); Spiegelhalter, Statistics in Medicine 24 (2005), and FunnelPlotR
(φ, τ²). Worked numbers: θ = 0.806424478571, n = 10 → lower 95 % limit 0.56154344; O = 1 → E = 5.571643 and
0.025318; O = (100, 150, 180, 80, 120, 225), E = (108, 112, 165, 95, 100, 220): φ = 2.948033, τ² = 0.019478.

What it does not say: that a station beyond a limit works badly, or that one within it works well. It asks for
a look. With fifteen stations and 95 % limits one lies outside every other time by chance alone; 99.8 % is for
acting.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtrik, betainc, gammainc, gammaincinv, pdtrik

from closedloop.statistics.arguments import Floats, Signs, amounts, counts, level, shares, together
from closedloop.statistics.rules import signs_about

WIDE, NARROW = 0.998, 0.95


@dataclass(frozen=True)
class Dispersion:
    """How much the stations differ beyond chance: ``phi`` (1 = chance alone) and the additive variance
    ``tau2``.

    Both are NaN where fewer than two stations have anything to say.
    """

    phi: float
    tau2: float
    stations: int


@dataclass(frozen=True, eq=False)
class Funnel:
    """One point per station, in the order given. ``size`` is n (share) or E (ratio), ``values`` x/n or O/E.

    ``verdict``: 0 within chance, ±1 beyond the 95 % limit, ±2 beyond the 99.8 % one. NaN and verdict 0 where
    the station has no size or reported nothing. ``is_widened``: τ² is in the limits.
    """

    values: Floats
    size: Floats
    centre: float
    lower95: Floats
    upper95: Floats
    lower998: Floats
    upper998: Floats
    verdict: Signs
    dispersion: Dispersion
    is_widened: bool = False


def share_limits(
    centre: float, trials: ArrayLike, conf: float = NARROW, method: str = "exact"
) -> tuple[Floats, Floats]:
    """Limits of x/n around the common share, one pair per n, within 0…1.

    ``"exact"`` inverts the binomial distribution (continuously in x, so that the lines are smooth);
    ``"normal"`` is the formula above, as UKHSA publishes it, which calls a single miss among ten unusual
    where θ is 99.5 %.
    """
    if not 0 <= centre <= 1:
        raise ValueError(f"centre must lie between 0 and 1; it is {centre!r}")
    if method not in ("exact", "normal"):
        raise ValueError(f"method must be 'exact' or 'normal'; it is {method!r}")
    n = amounts(trials, "trials")
    alpha, z = level(conf)
    with np.errstate(divide="ignore", invalid="ignore"):
        if method == "normal" or centre in (0.0, 1.0):
            reach = z * np.sqrt(centre * (1 - centre) / n)
            lower, upper = centre - reach, centre + reach
        else:
            # Seen from the other end the lower limit is an upper one: the upper tail is the accurate one.
            upper = _successes_at_upper(n, centre, alpha) / n
            lower = 1 - _successes_at_upper(n, 1 - centre, alpha) / n
    lower, upper = np.clip(lower, 0.0, 1.0), np.clip(upper, 0.0, 1.0)
    return np.where(n > 0, lower, np.nan)[()], np.where(n > 0, upper, np.nan)[()]


def expected_at_limits(observed: ArrayLike, conf: float = NARROW) -> tuple[Floats, Floats]:
    """The expected counts E for which ``observed`` lies exactly on the lower, and on the upper, limit."""
    observed = counts(observed, "observed")
    alpha, _ = level(conf)
    on_upper = np.where(observed > 0, gammaincinv(np.maximum(observed, 1), alpha / 2), 0.0)
    return gammaincinv(observed + 1, 1 - alpha / 2), np.where(np.isnan(observed), np.nan, on_upper)[()]


def ratio_limits(expected: ArrayLike, conf: float = NARROW) -> tuple[Floats, Floats]:
    """Limits of O/E around 1, one pair per E: ``expected_at_limits`` read the other way. NaN where E is 0."""
    e = amounts(expected, "expected")
    alpha, _ = level(conf)
    with np.errstate(divide="ignore", invalid="ignore"):
        lower = np.where(np.exp(-e) < alpha / 2, pdtrik(alpha / 2, np.where(e > 0, e, 1.0)), 0.0) / e
        upper = _events_at_upper(np.where(e > 0, e, 1.0), alpha) / e
    return np.where(e > 0, lower, np.nan)[()], np.where(e > 0, upper, np.nan)[()]


def _successes_at_upper(n: Floats, share: float, alpha: float) -> Floats:
    """x with P(X ≥ x) = α/2, x continuous. Where even one is that rare, it lies below 1."""
    return np.where(
        n * np.log1p(-share) > np.log1p(-alpha / 2),
        _below_one(lambda x: betainc(x, n - x + 1, share), n.shape, alpha),
        bdtrik(1 - alpha / 2, n, share) + 1,
    )


def _events_at_upper(e: Floats, alpha: float) -> Floats:
    return np.where(
        -e > np.log1p(-alpha / 2),
        _below_one(lambda x: gammainc(x, e), e.shape, alpha),
        pdtrik(1 - alpha / 2, e) + 1,
    )


def _below_one(tail, shape: tuple[int, ...], alpha: float) -> Floats:
    """x in 0…1 at which ``tail`` falls to α/2, by halving; the inverse functions of scipy stop at 1."""
    low, high = np.zeros(shape), np.ones(shape)
    for _ in range(50):
        middle = (low + high) / 2
        beyond = tail(middle) > alpha / 2
        low, high = np.where(beyond, middle, low), np.where(beyond, high, middle)
    return high


def over_dispersion(z: ArrayLike, weights: ArrayLike, trim: float = 0.1) -> Dispersion:
    """φ and τ² of deviations ``z`` (in standard errors) with ``weights`` w = 1/(standard error)².

    The ⌊k·trim⌋ most extreme at either end are drawn in to the next ones (winsorised), so that the station
    that is really different does not widen the limits until it fits; with fewer than 10 stations, none.
    """
    if not 0 <= trim < 0.5:
        raise ValueError(f"trim must lie in [0, 0.5); it is {trim!r}")
    z, w = together(z=np.asarray(z, dtype=np.float64).ravel(), weights=amounts(weights, "weights").ravel())
    known = np.isfinite(z) & np.isfinite(w) & (w > 0)
    z, w = np.sort(z[known]), w[known]
    k = z.size
    if k < 2:
        return Dispersion(np.nan, np.nan, k)
    drawn_in = int(k * trim)
    z = np.clip(z, z[drawn_in], z[k - 1 - drawn_in])
    phi = float(np.mean(z**2))
    tau2 = (k * phi - (k - 1)) / (w.sum() - (w**2).sum() / w.sum())
    return Dispersion(phi, max(0.0, float(tau2)), k)


def share_funnel(
    successes: ArrayLike, trials: ArrayLike, *, spread: bool = True, trim: float = 0.1
) -> Funnel:
    """Shares of many stations against their common share Σx/Σn, exact binomial limits.

    ``spread=False`` leaves the over-dispersion out of the limits (it is reported all the same).
    """
    x, n = shares(np.ravel(successes), np.ravel(trials))
    known = n > 0
    values = np.divide(x, n, out=np.full(x.shape, np.nan), where=known)
    if not known.any():
        return _funnel(
            values, n, np.nan, lambda conf: (n * np.nan, n * np.nan), None, Dispersion(np.nan, np.nan, 0)
        )
    centre = float(x[known].sum() / n[known].sum())
    variance = centre * (1 - centre)
    weight = n / variance if variance > 0 else np.zeros(n.shape)
    dispersion = over_dispersion((values - centre) * np.sqrt(weight), weight, trim)
    weight = weight if spread else None
    return _funnel(values, n, centre, lambda conf: share_limits(centre, n, conf), weight, dispersion)


def share_lines(of: Funnel, trials: ArrayLike) -> dict[str, Floats]:
    """``lower95``, ``upper95``, ``lower998``, ``upper998`` of a share funnel at any n: the lines to draw.

    At the stations' own n they are the funnel's own limits. All NaN where no station had anything to say.
    """
    n = amounts(trials, "trials")
    if np.isnan(of.centre):
        n = np.full(n.shape, np.nan)
        return dict.fromkeys(("lower95", "upper95", "lower998", "upper998"), n)
    variance = of.centre * (1 - of.centre)
    weight = n / variance if variance > 0 else np.zeros(n.shape)
    tau2 = of.dispersion.tau2 if of.is_widened else 0.0
    return _lines(of.centre, lambda conf: share_limits(of.centre, n, conf), _factor(weight, tau2))


def share_against(successes: ArrayLike, trials: ArrayLike, centre: float) -> Funnel:
    """Shares against a common share known from elsewhere: limits of chance alone, as the spread among the
    others is not known.
    """
    x, n = shares(np.ravel(successes), np.ravel(trials))
    values = np.divide(x, n, out=np.full(x.shape, np.nan), where=n > 0)
    unknown = Dispersion(np.nan, np.nan, 0)
    return _funnel(values, n, centre, lambda conf: share_limits(centre, n, conf), None, unknown)


def ratio_funnel(
    observed: ArrayLike, expected: ArrayLike, *, spread: bool = True, trim: float = 0.1
) -> Funnel:
    """Observed against expected counts of many stations, exact Poisson limits around 1.

    For the over-dispersion an observed 0, whose logarithm does not exist, enters with z = −2√E (the
    square-root form of the same deviation). Limits widen on the logarithmic scale.
    """
    o, e = together(
        observed=counts(np.ravel(observed), "observed"), expected=amounts(np.ravel(expected), "expected")
    )
    if (o[e == 0] > 0).any():
        raise ValueError("observed events where 0 are expected: a station needs an expected count above 0")
    known = ~np.isnan(o) & (e > 0)
    e = np.where(known, e, np.nan)
    values = o / e
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(o > 0, np.log(values) * np.sqrt(e), -2 * np.sqrt(e))
    dispersion = over_dispersion(z, np.where(known, e, 0.0), trim)
    return _funnel(
        values, e, 1.0, lambda conf: ratio_limits(e, conf), e if spread else None, dispersion, log=True
    )


def _funnel(values, size, centre, limits, weight, dispersion: Dispersion, log: bool = False) -> Funnel:
    widened = weight is not None and dispersion.tau2 > 0
    lines = _lines(centre, limits, _factor(weight, dispersion.tau2) if widened else 1.0, log)
    verdict = np.zeros(values.shape, dtype=np.int8)
    for name in ("95", "998"):
        high = np.maximum(signs_about(values, lines[f"upper{name}"]), 0)
        verdict += high + np.minimum(signs_about(values, lines[f"lower{name}"]), 0)
    return Funnel(
        values, size, centre, **lines, verdict=verdict, dispersion=dispersion, is_widened=bool(widened)
    )


def _factor(weight: Floats, tau2: float) -> Floats:
    return np.sqrt(1 + tau2 * weight)


def _lines(centre, limits, factor, log: bool = False) -> dict[str, Floats]:
    lines = {}
    for name, conf in (("95", NARROW), ("998", WIDE)):
        lower, upper = limits(conf)
        if log:
            lower, upper = lower**factor, upper**factor
        else:
            lower = np.clip(centre + (lower - centre) * factor, 0.0, 1.0)
            upper = np.clip(centre + (upper - centre) * factor, 0.0, 1.0)
        lines |= {f"lower{name}": lower, f"upper{name}": upper}
    return lines
