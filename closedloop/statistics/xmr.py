"""XmR chart (波动图): is this figure changing, or is it the usual up and down?

For a series x₁…xₙ with moving ranges MRᵢ = |xᵢ − xᵢ₋₁|::

    MR̄      mean of the moving ranges; screened: those ≥ 3.267·MR̄ are dropped, once, the rest averaged again
            (unless that leaves none above 0: a rare event among equal values keeps its ranges)
    limits  x̄ ± 2.66·MR̄            near lines  x̄ ± 1.773·MR̄

Four rules mark what is more than chance: a point *outside* the limits; a *shift*, 7 points on one side of the
mean; a *trend*, 7 points each higher (or lower) than the one before; *two of three* near the same limit with
all three on that side.

Source: Wheeler, Understanding Variation (1993); NHS England, Making Data Count; NHSRplotthedots 0.2.2, whose
definitions of the rules these are. Worked number, its vignette: 1, 2, 1, 2, 10, then 1, 2 six times, then 1
(n = 18): mean 1.9444, screened limits −0.7156 and 4.6044, unscreened −3.0626 and 6.9515.

What it does not say: why; whether a station is unlike others (see ``funnel``); anything about a figure that
has a season in it (feed it weeks, not days, or the deviation from what is expected).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from closedloop.statistics.arguments import Floats, Signs, numbers
from closedloop.statistics.rules import RUN, shift_ends, signs_about, spread_back, trend_ends, two_of_three

TRIAL_BELOW = 12
"""Limits that rest on fewer points than this are trial limits: shown as such, and likely to move."""

_LIMIT, _NEAR, _SCREEN = 2.66, 1.773, 3.267


@dataclass(frozen=True, eq=False)
class XmR:
    """A chart, or one chart per row. Every array has the shape of the values given.

    ``centre``, ``lower``, ``upper``, ``near_lower``, ``near_upper`` are in the unit of the values, constant
    within a segment, NaN where a segment has too few reported points (limits need two, a mean one).
    ``outside``, ``trend``, ``shift``, ``two_of_three`` are signs: +1 high or rising, −1 low or falling, 0
    within chance; ``told`` is true where a rule was completed, the day somebody watching would have heard of
    it. ``trial`` is true where the limits rest on fewer than 12 points, ``segment`` counts them from 0,
    ``reported`` is false at gaps.
    """

    values: Floats
    segment: np.ndarray
    centre: Floats
    lower: Floats
    upper: Floats
    near_lower: Floats
    near_upper: Floats
    outside: Signs
    trend: Signs
    shift: Signs
    two_of_three: Signs
    told: np.ndarray
    trial: np.ndarray

    @property
    def reported(self) -> np.ndarray:
        """Which points were reported at all."""
        return ~np.isnan(self.values)

    @property
    def signal(self) -> Signs:
        """One sign per point: of the first rule that marks it, in the order outside, shift, two of three,
        trend.
        """
        sign = self.outside.copy()
        for rule in (self.shift, self.two_of_three, self.trend):
            sign = np.where(sign == 0, rule, sign)
        return sign.astype(np.int8)

    def latest_signal(self) -> np.ndarray:
        """The sign at the last reported point of each series; 0 where nothing was ever reported."""
        return _at_last(self.signal, self.reported, 0)

    def assurance(self, target: float, higher_is_better: bool = True) -> str | np.ndarray:
        """Will the process as it is meet the target? Of the last segment: ``"pass"`` consistently, ``"fail"``
        consistently, ``"either"`` (hit and miss by chance), ``"unknown"`` without limits.

        Higher is better: the target above the upper limit fails, below the lower limit passes; a target *on*
        a limit is ``"either"``. Read it together with ``trial``.
        """
        lower, upper = self.lower[..., -1:], self.upper[..., -1:]
        if not lower.size:
            lower = upper = np.full((*self.values.shape[:-1], 1), np.nan)
        return assured(lower[..., 0], upper[..., 0], target, higher_is_better)


def assured(
    lower: ArrayLike, upper: ArrayLike, target: float, higher_is_better: bool = True
) -> str | np.ndarray:
    """The verdicts of :meth:`XmR.assurance` for limits at hand (NaN: none); one, or an array of their
    shape.
    """
    if not np.isfinite(target):
        raise ValueError(f"target must be a finite number; it is {target!r}")
    low, high = np.asarray(lower, dtype=np.float64), np.asarray(upper, dtype=np.float64)
    above, below = ("fail", "pass") if higher_is_better else ("pass", "fail")
    with np.errstate(invalid="ignore"):
        verdict = np.where(target > high, above, np.where(target < low, below, "either"))
    verdict = np.where(np.isnan(high), "unknown", verdict)
    return str(verdict) if verdict.ndim == 0 else verdict


def xmr(
    values: ArrayLike,
    *,
    screened: bool = True,
    rebase: Iterable[int] = (),
    baseline: int | None = None,
    floor: float | None = None,
    ceiling: float | None = None,
) -> XmR:
    """The XmR chart of ``values``: shape (time,), or (series, time) for many charts at once.

    ``rebase``: positions at which a new segment begins (a campaign, a new way of recording); each segment has
    limits of its own and no run crosses its start. ``baseline``: limits from the first so many reported
    points of each segment, then frozen; without it from all of them. ``floor`` and ``ceiling`` cut the limits
    that are drawn to what is possible (0 for a count, 0 and 1 for a share).

    NaN (nobody reported) is no point: the neighbours close up, so a gap neither breaks a run nor adds to it,
    and the moving range spans it. Points equal to the mean count to neither side. 600 series of 60 points
    take 0.05 s.
    """
    given = numbers(values, "values")
    if given.ndim not in (1, 2):
        raise ValueError(f"values must have the shape (time,) or (series, time); it is {given.shape}")
    if baseline is not None and (baseline < 2 or baseline != int(baseline)):
        raise ValueError(f"baseline must be at least 2 whole points; it is {baseline}")
    table = np.atleast_2d(given)
    length = table.shape[-1]
    starts = sorted({0, *_positions(rebase, length)})
    parts = [
        _segment(table[:, start:end], screened, baseline)
        for start, end in zip(starts, [*starts[1:], length], strict=True)
    ]
    whole = {name: np.concatenate([part[name] for part in parts], axis=-1) for name in parts[0]}
    for name in ("lower", "upper", "near_lower", "near_upper"):
        if floor is not None or ceiling is not None:
            whole[name] = np.clip(whole[name], floor, ceiling)
    segment = np.zeros(length, dtype=np.int64)
    segment[starts[1:]] = 1
    whole["segment"] = np.broadcast_to(np.cumsum(segment), table.shape)
    return XmR(values=given, **{name: array.reshape(given.shape) for name, array in whole.items()})


def _positions(rebase: Iterable[int], length: int) -> list[int]:
    positions = list(rebase)
    for position in positions:
        if not 0 <= position < length or position != int(position):
            raise ValueError(f"rebase names position {position}; the series has 0 to {length - 1}")
    return [int(position) for position in positions]


def _segment(table: Floats, screened: bool, baseline: int | None) -> dict[str, np.ndarray]:
    """All arrays of one segment. Reported points are moved to the front, judged, and moved back."""
    gap = np.isnan(table)
    order = np.argsort(gap, axis=-1, kind="stable")
    closed_up = np.take_along_axis(table, order, axis=-1)
    used = ~np.take_along_axis(gap, order, axis=-1)
    if baseline is not None:
        used[:, int(baseline) :] = False
    centre, mean_range = _centre_and_range(closed_up, used, screened)

    limits = {
        "centre": centre,
        "lower": centre - _LIMIT * mean_range,
        "upper": centre + _LIMIT * mean_range,
        "near_lower": centre - _NEAR * mean_range,
        "near_upper": centre + _NEAR * mean_range,
        "trial": used.sum(axis=-1, keepdims=True) < TRIAL_BELOW,
    }
    judged = _judge(closed_up, limits)
    back = np.argsort(order, axis=-1, kind="stable")
    return {
        **{name: np.broadcast_to(line, table.shape) for name, line in limits.items()},
        **{name: np.take_along_axis(mark, back, axis=-1) for name, mark in judged.items()},
    }


def _centre_and_range(closed_up: Floats, used: np.ndarray, screened: bool) -> tuple[Floats, Floats]:
    """x̄ and MR̄ per series, shape (series, 1); NaN without a point, or without a pair of points."""
    centre = _mean(closed_up, used)
    ranges = np.abs(np.diff(closed_up, axis=-1))
    pairs = used[:, 1:] & used[:, :-1]
    mean_range = _mean(ranges, pairs)
    if screened:
        with np.errstate(invalid="ignore"):
            kept = _mean(ranges, pairs & (ranges < _SCREEN * mean_range))
        # A rare event among zeros: without its ranges nothing would be left, and every zero lie "outside".
        mean_range = np.where(kept > 0, kept, mean_range)
    return centre, mean_range


def _mean(table: Floats, where: np.ndarray) -> Floats:
    total = np.where(where, table, 0.0).sum(axis=-1, keepdims=True)
    number = where.sum(axis=-1, keepdims=True)
    return np.divide(total, number, out=np.full(total.shape, np.nan), where=number > 0)


def _judge(closed_up: Floats, limits: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    side = signs_about(closed_up, limits["centre"])
    beyond = np.maximum(signs_about(closed_up, limits["upper"]), 0)
    beneath = np.minimum(signs_about(closed_up, limits["lower"]), 0)
    outside = (beyond + beneath).astype(np.int8)
    near = np.maximum(signs_about(closed_up, limits["near_upper"]), 0)
    near = near + np.minimum(signs_about(closed_up, limits["near_lower"]), 0)
    near = np.where(outside != 0, 0, near).astype(np.int8)

    shifts, trends = shift_ends(side), trend_ends(closed_up)
    pairs, pair_ends = two_of_three(near, side)
    return {
        "outside": outside,
        "shift": spread_back(shifts, RUN),
        "trend": spread_back(trends, RUN),
        "two_of_three": pairs,
        "told": (outside != 0) | (shifts != 0) | (trends != 0) | (pair_ends != 0),
    }


def _at_last(marks: np.ndarray, reported: np.ndarray, otherwise: int) -> np.ndarray:
    if not marks.shape[-1]:
        return np.full(marks.shape[:-1], otherwise)
    last = marks.shape[-1] - 1 - np.argmax(reported[..., ::-1], axis=-1)
    found = np.take_along_axis(marks, np.asarray(last)[..., None], axis=-1)[..., 0]
    return np.where(reported.any(axis=-1), found, otherwise)
