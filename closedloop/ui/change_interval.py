"""How sure a 同比 or 环比 is: its 95 % interval, and whether it is within chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from closedloop.comparison.change import Change
from closedloop.comparison.table import Row
from closedloop.statistics.intervals import point_difference
from closedloop.statistics.rates import dispersion, rate_ratio
from closedloop.ui.metric_text import is_share
from closedloop.ui.trend_view import TrendChoice
from closedloop.ui.visit import Visit


def change_intervals(
    visit: Visit, choice: TrendChoice, changes: Sequence[Change], line: Sequence[Row]
) -> list[str]:
    """The interval of each change in words; empty where there is none to give.

    Counts: the exact ratio of the two, widened by the φ of the line's own whole periods outside the Spring
    Festival; shares: Newcombe's, in percentage points. A stock's two counts share most of their items, and a
    median comes without its observations: neither gets one.
    """
    if choice.is_stock or choice.metric["kind"] == "distribution":
        return ["" for _ in changes]
    known = [at for at, one in enumerate(changes) if one.this is not None and one.base is not None]
    found = ["" for _ in changes]
    if not known:
        return found

    def side(name: str, part: str) -> np.ndarray:
        return np.array([getattr(getattr(changes[at], name), part) for at in known], dtype=float)

    now, then = side("this", "numerator"), side("base", "numerator")
    if is_share(choice.metric):
        around = point_difference(now, side("this", "n"), then, side("base", "n"))
        lower, upper, unit = around.lower, around.upper, ""
    else:
        ratio = rate_ratio(now, 1, then, 1, phi=_phi(line))
        lower, upper, unit = 100 * (ratio.lower - 1), 100 * (ratio.upper - 1), "%"
    for place, at in enumerate(known):
        low, high = float(lower[place]), float(upper[place])
        if not np.isfinite(low) or not np.isfinite(high):
            continue
        by_chance = low <= 0 <= high
        form = (
            visit.t("{low} to {high}: within chance")
            if by_chance
            else visit.t("{low} to {high}: more than chance")
        )
        ends = [_end(value, 0 if unit else 1, not by_chance) + unit for value in (low, high)]
        found[at] = form.format(low=ends[0], high=ends[1])
    return found


def _end(value: float, digits: int, is_not_nought: bool) -> str:
    # Written as nought, an end beside nought would contradict the sentence that leaves nought outside.
    while is_not_nought and digits < 4 and round(value, digits) == 0:
        digits += 1
    return f"{value:+.{digits}f}"


def _phi(line: Sequence[Row]) -> float:
    counts = [
        row.figure.numerator
        for row in line
        if row.figure.numerator is not None
        and not row.is_unfinished
        and row.figure.is_complete
        and not _at_the_festival(row)
    ]
    phi = dispersion(counts) if len(counts) > 2 else np.nan
    return 1.0 if np.isnan(phi) else phi


def _at_the_festival(row: Row) -> bool:
    """A week of empty streets is no measure of how much ordinary weeks differ."""
    return bool({"festival", "jan_feb"} & set(row.year.notes)) or row.year.reason == "with_february"
