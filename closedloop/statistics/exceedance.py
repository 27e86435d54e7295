"""Is this place unusual for what it is? The chance of so many events where so many are expected.

::

    P(X ≥ k | λ)                      Poisson, λ known
    P(X ≥ k | own history)            λ learnt: gamma prior over all places, so X is negative binomial
    Benjamini–Hochberg                q₍ᵢ₎ = min over j ≥ i of p₍ⱼ₎·m/j, at most 1

Sources: Poisson tail by the incomplete gamma function; Benjamini & Hochberg, JRSS B 57 (1995); gamma–Poisson,
Gelman et al., Bayesian Data Analysis, 2.6. Worked numbers: P(X ≥ 3 | 0.5) = 0.014388, P(X ≥ 3 | 1) =
0.080301; p = 0.01, 0.02, 0.04 → q = 0.03, 0.03, 0.04.

What it does not say: a fixed "3 in 30 days" trips at least once a year at 31 % of the places with 6 events a
year where nothing changes, and at 84 % of those with 12. Hence the place's own expected count, and a
correction for looking at many places. Nothing here knows why: a new bar and a feud look alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainc, gammainc

from closedloop.statistics.arguments import Floats, amounts, counts, numbers, probability, together


def poisson_exceedance(observed: ArrayLike, expected: ArrayLike) -> Floats:
    """P(X ≥ observed) for a Poisson count with mean ``expected``; arrays of one shape, 100,000 places in 10
    ms.

    0 observed → 1. Expected 0 is taken at its word: any event is then impossible, p = 0. Where no history
    exists, ask ``place_exceedance``, whose expected count is never 0.
    """
    k, mean = together(observed=counts(observed, "observed"), expected=amounts(expected, "expected"))
    p = np.where(k > 0, gammainc(np.maximum(k, 1), mean), 1.0)
    return np.where(np.isnan(k) | np.isnan(mean), np.nan, p)[()]


@dataclass(frozen=True)
class PlacePrior:
    """What places of a kind are like before anything is known of one: a gamma distribution of events per day.

    Its mean is ``shape/rate`` events a day; ``rate`` is in days, as if the place had been watched that long.
    """

    shape: float
    rate: float

    def __post_init__(self) -> None:
        if not (self.shape > 0 and self.rate > 0):
            raise ValueError(f"a prior needs a shape and a rate above 0: {self.shape!r}, {self.rate!r}")


def place_prior(events: ArrayLike, days: ArrayLike) -> PlacePrior:
    """The prior by moments from many places of one kind: their counts, and for how many days each was
    watched.

    mean = Σx/Σt; the variance between places is what the counts vary beyond Poisson. Where they vary no more
    than that, all places are taken to be alike (a prior of 100 × the longest watch). Needs one event at
    least.
    """
    x, t = together(events=counts(events, "events"), days=amounts(days, "days"))
    known = ~np.isnan(x) & (t > 0)
    x, t = x[known], t[known]
    if not x.sum() > 0:
        raise ValueError("a prior needs at least one event at a place that was watched for some days")
    mean = x.sum() / t.sum()
    between = float(((x - mean * t) ** 2 - mean * t).sum() / (t**2).sum())
    rate = mean / between if between > 0 else np.inf
    rate = float(min(rate, 100 * t.max()))
    return PlacePrior(float(mean * rate), rate)


@dataclass(frozen=True, eq=False)
class PlaceExceedance:
    """``expected`` events in the window, never 0, and ``p`` = P(X ≥ observed) given that place's own
    history.
    """

    expected: Floats
    p: Floats


def place_exceedance(
    observed: ArrayLike,
    window_days: ArrayLike,
    history_events: ArrayLike,
    history_days: ArrayLike,
    prior: PlacePrior,
) -> PlaceExceedance:
    """How unusual a window is for each place, where what is usual was itself learnt from few events.

    ::

        shape a + x_history, rate b + t_history   →   expected = shape/rate · window
        P(X ≥ k) = I(window/(rate + window); k, shape)

    Wider than Poisson for a place with a short history, the same for a long one. The history must end before
    the window begins. Worked number: prior (1, 100), 4 events in 300 days, window 30: shape 5, rate 400,
    expected 0.375, P(X ≥ 3) = 0.009598.
    """
    k, window, x, t = together(
        observed=counts(observed, "observed"),
        window_days=amounts(window_days, "window_days"),
        history_events=counts(history_events, "history_events"),
        history_days=amounts(history_days, "history_days"),
    )
    shape, rate = prior.shape + x, prior.rate + t
    p = np.where(k > 0, betainc(np.maximum(k, 1), shape, window / (rate + window)), 1.0)
    unknown = np.isnan(k) | np.isnan(window) | np.isnan(shape) | np.isnan(rate)
    return PlaceExceedance(shape / rate * window, np.where(unknown, np.nan, p)[()])


@dataclass(frozen=True, eq=False)
class Discoveries:
    """``q`` per test (NaN where p is), and ``found``: those with q ≤ ``rate``, of which about that share are
    chance.
    """

    q: Floats
    found: np.ndarray
    rate: float
    tests: int


def benjamini_hochberg(p: ArrayLike, rate: float = 0.05) -> Discoveries:
    """q-values of many tests, any shape. NaN is no test and does not count in m; equal p have equal q; none,
    none.

    Every place that was looked at belongs in ``p``, also the quiet ones: leaving out those with p near 1
    makes the rest look more certain than they are.
    """
    probability(rate, "rate")
    given = numbers(p, "p")
    tested = ~np.isnan(given)
    values = given[tested]
    if ((values < 0) | (values > 1)).any():
        raise ValueError("p must lie between 0 and 1")
    q = np.full(given.shape, np.nan)
    m = values.size
    if m:
        order = np.argsort(values)
        scaled = values[order] * m / np.arange(1, m + 1)
        ranked = np.empty(m)
        ranked[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
        q[tested] = ranked
    with np.errstate(invalid="ignore"):
        return Discoveries(q, q <= rate, rate, m)


def usual_counts(
    shape: ArrayLike, rate: ArrayLike, window_days: float, level: float = 0.9
) -> tuple[Floats, Floats]:
    """Between which counts a window mostly lies, where its mean was learnt: lowest and highest of the middle
    ``level``.

    ``shape`` and ``rate`` (days) of the gamma distribution, arrays of one shape; NaN where they are. Smallest
    k with P(X ≤ k) ≥ (1 − level)/2, and with P(X ≤ k) ≥ (1 + level)/2. Worked number: shape 5, rate 400,
    window 30, level 0.9: P(X ≤ 0) = 0.697, P(X ≤ 1) = 0.940, P(X ≤ 2) = 0.990, so 0 and 2.
    """
    probability(level, "level")
    a, b = together(shape=amounts(shape, "shape"), rate=amounts(rate, "rate"))
    if (b == 0).any() or not window_days >= 0:
        raise ValueError(f"rate must be above 0, and window_days not below it: {b.min():g}, {window_days!r}")
    known = ~(np.isnan(a) | np.isnan(b))
    low, high = np.full(a.shape, np.nan), np.full(a.shape, np.nan)
    if known.any():
        a, b = a[known], b[known]
        mean = a / b * window_days
        # Far beyond the highest count asked for: ten standard deviations.
        most = int(np.max(mean + 10 * np.sqrt(mean * (1 + window_days / b)) + 10))
        k = np.arange(most + 1)
        below = betainc(a[:, None], k + 1, (b / (b + window_days))[:, None])
        low[known] = (below >= (1 - level) / 2).argmax(axis=1)
        high[known] = (below >= (1 + level) / 2).argmax(axis=1)
    return low, high
