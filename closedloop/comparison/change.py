"""How a figure changed against another: in percent, in points, as two counts, or not to be said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from closedloop.comparison.daily import Daily, Figure, figure, paired
from closedloop.comparison.periods import Pair

#: Below this many cases in the base a percentage misleads, and the two counts are printed.
SMALL_BASE = 30
#: A comparison needs at least this share of the station-days it is about.
ENOUGH_DAYS = 0.5

Kind = Literal["percent", "points", "difference", "counts", "none"]


@dataclass(frozen=True)
class Change:
    """A comparison. ``value``: a ratio minus 1 (``percent``), a difference of shares (``points``) or of
    medians in their unit (``difference``); None for ``counts`` and ``none``.

    ``this`` and ``base`` are the figures compared, which may be of fewer days than the period has. ``reason``
    says why there is none: those of :class:`~closedloop.comparison.periods.Pair`, ``no_base`` (nothing known
    so far back), ``not_reported``, ``base_zero``, ``few``. ``notes``: those of the pair, and ``paired``: only
    what both sides reported.
    """

    kind: Kind
    value: float | None
    this: Figure | None
    base: Figure | None
    reason: str = ""
    notes: tuple[str, ...] = ()


def no_change(reason: str, notes: tuple[str, ...] = ()) -> Change:
    """No comparison, and why."""
    return Change("none", None, None, None, reason, notes)


def change(daily: Daily, pair: Pair, *, stock: bool) -> Change:
    """A flow, a cohort or a stock against its base, like with like.

    Whole against whole where everything due was reported on both sides; otherwise over the station-days that
    both sides have. Example: 13 against 10 calls of small stations prints ``10 → 13``; 130 against 100 is
    +30 %.
    """
    if pair.base is None:
        return no_change(pair.reason, pair.notes)
    # A stock has no length: its last day is one day in any year.
    notes = tuple(note for note in pair.notes if not (stock and note == "leap"))
    this, base = (figure(daily, span, stock=stock) for span in (pair.this, pair.base))
    # A station that joined in between, or half way, makes two wholes incomparable.
    days = (1, 1) if stock else (pair.this.days, pair.base.days)
    same_stations = this.due * days[1] == base.due * days[0]
    if not (this.is_complete and base.is_complete and same_stations):
        if not base.due or not base.reported:
            return no_change("no_base" if not base.due else "not_reported", notes)
        this, base = paired(daily, pair.this, pair.base, stock=stock)
        notes = (*notes, "paired")
    if this.reported < ENOUGH_DAYS * this.due or not this.reported:
        return no_change("not_reported", notes)
    return _judged(this, base, share=daily.denominator is not None, notes=notes)


def median_change(this: Figure, base: Figure | None, pair: Pair, min_n: int) -> Change:
    """Two medians of observations. They cannot be formed anew for fewer days, so missing days are said."""
    if pair.base is None or base is None:
        return no_change(pair.reason or "no_base", pair.notes)
    if not base.due:
        return no_change("no_base", pair.notes)
    if min(side.reported - ENOUGH_DAYS * side.due for side in (this, base)) < 0:
        return no_change("not_reported", pair.notes)
    if this.value is None or base.value is None or min(this.n, base.n) < max(min_n, SMALL_BASE):
        return no_change("few", pair.notes)
    notes = pair.notes if this.is_complete and base.is_complete else (*pair.notes, "incomplete")
    return Change("difference", this.value - base.value, this, base, notes=notes)


def _judged(this: Figure, base: Figure, *, share: bool, notes: tuple[str, ...]) -> Change:
    if not base.n or this.value is None or base.value is None:
        return Change("none", None, this, base, "base_zero", notes)
    if min(base.n, this.n) < SMALL_BASE if share else base.n < SMALL_BASE:
        return Change("counts", None, this, base, notes=notes)
    if share:
        return Change("points", this.value - base.value, this, base, notes=notes)
    return Change("percent", this.value / base.value - 1, this, base, notes=notes)
