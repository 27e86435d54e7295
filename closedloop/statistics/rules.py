"""The run rules of a control chart, for many series at once.

Definitions of NHSRplotthedots 0.2.2. Each function takes arrays (series, time) without gaps and returns signs
of the same shape. A run marks all its points, so that a chart can colour them; ``…_ends`` marks the point
that completed it, which is when somebody watching would have been told.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from closedloop.statistics.arguments import Floats, Signs

RUN = 7
"""Points of a shift (one side of the mean) and of a trend (each higher, or each lower, than the one
before).
"""


def signs_about(values: Floats, line: Floats) -> Signs:
    """+1 above the line, −1 below, 0 on it (or NaN). On it means within rounding: 10⁻⁹ of the largest
    value.
    """
    room = 1e-9 * np.maximum(np.abs(values), np.abs(line))
    with np.errstate(invalid="ignore"):
        return (values > line + room).astype(np.int8) - (values < line - room).astype(np.int8)


def _windows(signs: Signs, length: int) -> np.ndarray:
    return sliding_window_view(signs, length, axis=-1)


def _unanimous_ends(signs: Signs, length: int) -> Signs:
    """The common sign where the last ``length`` signs agree and none is 0."""
    ends = np.zeros_like(signs)
    if signs.shape[-1] >= length:
        total = _windows(signs, length).sum(axis=-1, dtype=np.int16)
        ends[..., length - 1 :] = np.where(np.abs(total) == length, np.sign(total), 0)
    return ends


def spread_back(ends: Signs, length: int) -> Signs:
    """Every point of a run whose last point carries a sign."""
    marked = ends.copy()
    for back in range(1, length):
        later = ends[..., back:]
        here = marked[..., : later.shape[-1]]
        here[...] = np.where(here == 0, later, here)
    return marked


def shift_ends(side: Signs) -> Signs:
    """The 7th and every further consecutive point on one side of the mean; a point on the mean breaks the
    run.
    """
    return _unanimous_ends(side, RUN)


def trend_ends(values: Floats) -> Signs:
    """The 7th and every further point of a run in which each value exceeds (or undercuts) the one before.

    Seven points are six steps; two equal neighbours break the run.
    """
    steps = np.zeros(values.shape, dtype=np.int8)
    steps[..., 1:] = signs_about(values[..., 1:], values[..., :-1])
    return _unanimous_ends(steps, RUN - 1)


def two_of_three(near: Signs, side: Signs) -> tuple[Signs, Signs]:
    """Two of three consecutive points near the same limit, all three on that side of the mean.

    ``near`` is the sign of points between the near line (two thirds of the way) and the limit; points outside
    are not near. Returns (the near points of such threes, the point that completed each).
    """
    ends = np.zeros_like(side)
    if side.shape[-1] >= 3:
        together = _windows(side, 3).sum(axis=-1, dtype=np.int8)
        close = _windows(near != 0, 3).sum(axis=-1)
        ends[..., 2:] = np.where((np.abs(together) == 3) & (close >= 2), np.sign(together), 0)
    marked = np.where(near != 0, spread_back(ends, 3), 0).astype(np.int8)
    return marked, ends
