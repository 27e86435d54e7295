"""How long until closed, with the items that are still open counted in.

The median of closed items alone is biased fast: what takes long is not among them yet. An open item says
"longer than its age", and Kaplan–Meier uses just that::

    S(t) = Π over closing ages tᵢ ≤ t of (1 − dᵢ/nᵢ)        dᵢ closed at tᵢ, nᵢ still watched just before
    V(t) = Σ dᵢ/(nᵢ(nᵢ − dᵢ))                               Greenwood, of ln S
    log      S·exp(± z·√V), at most 1          log-log   S^exp(± z·√V/ln S)

Items that close at the very age at which others were last seen open count first: the open ones were still
there. Source: Kaplan & Meier, JASA 53 (1958); Kalbfleisch & Prentice (log-log). Worked number, R survival
``aml``: maintained median 31 (95 %, log: 18…not reached; log-log: 13…not reached), non-maintained 23 (log:
8…not reached; log-log: 5…33); the closed alone would say 23 for the maintained.

What it does not say: it supposes that open items will go on as the closed ones of that age did; a class of
item that never closes, or items that were cancelled because they would not close, are not in that
supposition.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv, gammaincc

from closedloop.statistics.arguments import Floats, amounts, counts, level, numbers, probability

_ROUNDING = 1e-12
#: The deviations of all groups add up to 0. Rounding must not make
#: that direction, which has no variance, a degree of freedom.
_SINGULAR = 1e-9


@dataclass(frozen=True, eq=False)
class Survival:
    """The curve at each age at which something happened, oldest last; ages in the unit given.

    ``survival`` is S(age): the share still open *after* that age, so that S(limit) is the chance of being
    late where exactly at the limit is in time. ``lower``/``upper`` are pointwise limits of the stated
    ``interval`` type.
    """

    age: Floats
    at_risk: np.ndarray
    closed: np.ndarray
    censored: np.ndarray
    survival: Floats
    lower: Floats
    upper: Floats
    conf: float
    interval: str
    items: int

    def at(self, age: ArrayLike) -> Floats:
        """S at any age: 1 before the first closing; NaN beyond the oldest item, unless all had closed by
        then.
        """
        return self._read(self.survival, age)

    def limits_at(self, age: ArrayLike) -> tuple[Floats, Floats]:
        """Lower and upper limit of S at any age."""
        return self._read(self.lower, age), self._read(self.upper, age)

    def _read(self, line: Floats, age: ArrayLike) -> Floats:
        age = amounts(age, "age")
        values = np.concatenate([[1.0], line])[np.searchsorted(self.age, age, side="right")]
        beyond = (age > self.age[-1]) & (self.survival[-1] > 0) if self.age.size else np.ones(age.shape, bool)
        return np.where(beyond | np.isnan(age), np.nan, values)[()]

    def product_limits_at(self, age: float) -> tuple[float, float]:
        """Limits of S at one age that hold where all have closed, or none has, and the others say nothing.

        ::

            upper  quantile 1 − α/2 of  Π over tᵢ ≤ age of Beta(nᵢ − dᵢ + 1, dᵢ)
            lower  quantile α/2 of the same times Beta(still watched beyond age, 1)

        each product taken for the beta distribution of its first two moments; without open items exactly
        Clopper and Pearson's. NaN beyond the oldest item. Source: Fay, Brittain & Proschan, Biostatistics 14
        (2013). Worked number: 20 of 20 closed → 0…0.168433; none of 20 → 0.831567…1.
        """
        share = self.at(age)
        if share != share:
            return (np.nan, np.nan)
        alpha, _ = level(self.conf)
        so_far = (self.age <= age) & (self.closed > 0)
        n, d = self.at_risk[so_far].astype(float), self.closed[so_far].astype(float)
        a, b = n - d + 1, d
        left = float(self.watched_beyond(age))
        lower = _quantile_of_product(np.append(a, left), np.append(b, 1.0), alpha / 2) if left else 0.0
        # Who came late to a watch where all had closed raises the lower limit above the share itself.
        return min(lower, float(share)), max(_quantile_of_product(a, b, 1 - alpha / 2), float(share))

    def quantile(self, share: float = 0.5) -> tuple[float, float, float]:
        """The age by which ``share`` has closed, with its interval: ``(estimate, lower, upper)``.

        The first age with S ≤ 1 − share; its limits are where the limits of S cross. ``inf`` = not reached:
        too many are still open (NaN where there are no items at all).
        """
        probability(share, "share")
        if not self.items:
            return (np.nan, np.nan, np.nan)
        estimate, lower, upper = (
            self._first_at_most(line, 1 - share) for line in (self.survival, self.lower, self.upper)
        )
        return estimate, lower, upper

    def _first_at_most(self, line: Floats, value: float) -> float:
        there = np.flatnonzero(line <= value + _ROUNDING)
        return float(self.age[there[0]]) if there.size else np.inf

    def watched_beyond(self, age: ArrayLike) -> np.ndarray:
        """How many items were watched to a greater age than this: what a chance from there on rests on."""
        left = np.append(self.at_risk, 0)
        return left[np.searchsorted(self.age, amounts(age, "age"), side="right")]

    @property
    def median(self) -> tuple[float, float, float]:
        """The age by which half have closed, with its interval."""
        return self.quantile(0.5)

    def chance_of_missing(self, age: ArrayLike, limit: ArrayLike) -> Floats:
        """P(still open after ``limit`` | open at ``age``) = S(limit)/S(age); 1 where the age has passed the
        limit.

        NaN where the curve does not reach: no item was ever watched so long, or all of that age had closed.
        Worked number, ``aml`` maintained: age 13, limit 31: 0.490909/0.818182 = 0.6.
        """
        age, limit = np.broadcast_arrays(amounts(age, "age"), amounts(limit, "limit"))
        now, then = self.at(age), self.at(limit)
        chance = np.divide(then, now, out=np.full(now.shape, np.nan), where=now > 0)
        return np.where(age > limit, 1.0, chance)[()]


def kaplan_meier(
    durations: ArrayLike,
    closed: ArrayLike,
    *,
    conf: float = 0.95,
    interval: str = "log-log",
    entered: ArrayLike | None = None,
    items: ArrayLike | None = None,
) -> Survival:
    """The curve of items with an age at closing, or at the cut-off where ``closed`` is false. Any order.

    ``durations``: non-negative, in one unit. ``closed``: one truth per item. ``entered``: the age at which
    watching began, for items that were already open when the data begin (left truncation): leaving it out
    would count their unseen weeks as patience of all. ``interval``: ``"log-log"`` (never leaves 0…1, the
    default) or ``"log"`` (R's). Refused: NaN, lengths that differ, an item that entered at or after its end
    (``entered`` 0 means watched from its opening, and fits any end). ``items``: how many items each entry
    stands for, one each by default.
    """
    t, e, start, w = _items(durations, closed, entered, items)
    if interval not in ("log", "log-log"):
        raise ValueError(f"interval must be 'log' or 'log-log'; it is {interval!r}")
    _, z = level(conf)
    ages, where = np.unique(t, return_inverse=True)
    d = np.bincount(where, weights=e * w, minlength=ages.size).astype(np.int64)
    gone = np.bincount(where, weights=w, minlength=ages.size).astype(np.int64)
    n = _at_risk(ages, t, start, w)
    with np.errstate(divide="ignore", invalid="ignore"):
        survival: Floats = np.cumprod(1 - d / n, dtype=np.float64)
        variance = np.cumsum(np.where(d > 0, d / (n * (n - d)), 0.0))
    lower, upper = _limits(survival, variance, z, interval)
    return Survival(ages, n, d, gone - d, survival, lower, upper, conf, interval, int(w.sum()))


def _items(
    durations: ArrayLike, closed: ArrayLike, entered: ArrayLike | None, items: ArrayLike | None
) -> tuple[Floats, np.ndarray, Floats | None, np.ndarray]:
    t = amounts(durations, "durations")
    e = numbers(closed, "closed")
    if t.ndim != 1 or e.shape != t.shape:
        raise ValueError(f"durations and closed must be one list each, equally long: {t.shape} and {e.shape}")
    if np.isnan(t).any():
        raise ValueError("durations must be known: an open item has its age at the cut-off")
    if e.size and not np.isin(e, (0, 1)).all():
        raise ValueError("closed must be true or false for each item")
    start = None
    if entered is not None:
        start = amounts(entered, "entered")
        if start.shape != t.shape or not ((start < t) | (start == 0)).all():
            raise ValueError("entered must be one age per item, below its duration")
        # Watched from its opening is watched before it could close, at age 0 too.
        start = np.where(start == 0, -1.0, start)
    w = np.ones(t.size, dtype=np.int64)
    if items is not None:
        told = counts(items, "items")
        if told.shape != t.shape or not (told >= 1).all():
            raise ValueError("items must be one whole number per entry, 1 or more")
        w = told.astype(np.int64)
    return t, e.astype(bool), start, w


def _at_risk(ages: Floats, t: Floats, start: Floats | None, w: np.ndarray) -> np.ndarray:
    """Items still watched just before each age."""
    begun = w.sum() if start is None else _before(ages, start, w)
    return begun - _before(ages, t, w)


def _before(ages: Floats, t: Floats, w: np.ndarray) -> np.ndarray:
    """Items whose ``t`` lies below each age."""
    order = np.argsort(t)
    passed = np.concatenate([[0], np.cumsum(w[order])])
    return passed[np.searchsorted(t[order], ages, side="left")]


def _quantile_of_product(a: Floats, b: Floats, share: float) -> float:
    """Of Π Beta(a, b), as of the beta distribution with its mean and its second moment."""
    if a.size <= 1:
        return float(betaincinv(a[0], b[0], share)) if a.size else 1.0
    mean = float(np.prod(a / (a + b)))
    square = float(np.prod(a / (a + b) * (a + 1) / (a + b + 1)))
    if not square > mean**2 > 0:  # too small to be told from 0
        return mean
    size = (mean - square) / (square - mean**2)
    return float(betaincinv(mean * size, (1 - mean) * size, share))


def _limits(survival: Floats, variance: Floats, z: float, interval: str) -> tuple[Floats, Floats]:
    root = z * np.sqrt(variance)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if interval == "log":
            lower, upper = survival * np.exp(-root), np.minimum(survival * np.exp(root), 1.0)
        else:
            reach = root / np.log(survival)
            lower, upper = survival ** np.exp(-reach), survival ** np.exp(reach)
    # Before the first closing S is 1, surely; once all have closed nothing is left to bound it from above.
    sure, over = survival == 1, survival == 0
    lower = np.where(sure, 1.0, np.where(over, 0.0, lower))
    upper = np.where(sure, 1.0, np.where(over, np.nan, upper))
    return lower, upper


@dataclass(frozen=True, eq=False)
class LogRank:
    """Do groups close equally fast? ``statistic`` is χ² with ``df``; per group (in ``groups``) observed and
    expected.
    """

    statistic: float
    df: int
    p: float
    groups: np.ndarray
    observed: Floats
    expected: Floats


def log_rank(
    durations: ArrayLike,
    closed: ArrayLike,
    group: ArrayLike,
    *,
    entered: ArrayLike | None = None,
    items: ArrayLike | None = None,
) -> LogRank:
    """The log-rank test of k groups. Fewer than two groups, or nothing closed: statistic 0, df 0, p 1.

    ``entered`` and ``items`` as in :func:`kaplan_meier`.

    ::

        O_g − E_g = Σ over closing ages (d_g − d·n_g/n),  V hypergeometric,  χ² = (O−E)ᵀ V⁺ (O−E)

    Source: Mantel (1966); Kalbfleisch & Prentice. Worked number: ``aml`` by group: χ² = 3.396389, df = 1, p =
    0.065339.
    """
    t, e, start, w = _items(durations, closed, entered, items)
    named = np.asarray(group)
    if named.shape != t.shape or any(one is None for one in named.tolist()):
        raise ValueError(f"group must name one group per item: {named.shape} and {t.shape}")
    groups, member = np.unique(named, return_inverse=True)
    ages = np.unique(t[e])
    k = groups.size
    begun = [None if start is None else start[member == g] for g in range(k)]
    n = np.array([_at_risk(ages, t[member == g], begun[g], w[member == g]) for g in range(k)]).reshape(
        k, ages.size
    )
    d = np.zeros((k, ages.size))
    np.add.at(d, (member[e], np.searchsorted(ages, t[e])), w[e])
    total, closings = n.sum(axis=0), d.sum(axis=0)
    observed, expected = d.sum(axis=1), (n * closings / np.maximum(total, 1)).sum(axis=1)
    if k < 2 or not ages.size:
        return LogRank(0.0, 0, 1.0, groups, observed, expected)
    scale = closings * (total - closings) / np.maximum(total - 1, 1)
    share = n / total
    variance = np.diag((share * scale).sum(axis=1)) - (share * scale) @ share.T
    inverse = np.linalg.pinv(variance, hermitian=True, rtol=_SINGULAR)
    gap = observed - expected
    statistic = max(0.0, float(gap @ inverse @ gap))
    df = int(np.linalg.matrix_rank(variance, hermitian=True, rtol=_SINGULAR))
    return LogRank(
        statistic, df, float(gammaincc(df / 2, statistic / 2)) if df else 1.0, groups, observed, expected
    )
