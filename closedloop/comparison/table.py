"""A line's periods, each with its figure, the change against the one before and against the year before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from closedloop.comparison.change import Change, change, median_change
from closedloop.comparison.daily import Daily, Figure, figure
from closedloop.comparison.periods import Grain, Pair, Span, previous_pair, year_pair


@dataclass(frozen=True)
class Row:
    """A period of a line. ``shown`` is the part of it that is over (and, of a cohort, mature)."""

    period: Span
    shown: Span
    figure: Figure
    previous: Change
    year: Change

    @property
    def is_unfinished(self) -> bool:
        """True for a period of which only the first days are known."""
        return self.shown != self.period


@dataclass(frozen=True)
class Calendar:
    """What pairs of periods follow from: the grain, the last day that counts, the lunar New Year's days."""

    grain: Grain
    known_last: date
    festivals: tuple[date, ...]

    def pairs(self, period: Span) -> tuple[Pair, Pair]:
        """环比 and 同比 of a period."""
        return _pairs(self, period)

    def known(self, periods: Sequence[Span]) -> list[Span]:
        """The periods that have begun."""
        return [period for period in periods if period.first <= self.known_last]

    def spans(self, periods: Sequence[Span]) -> tuple[Span, ...]:
        """Every span that the periods and their comparisons are about, each once."""
        found: dict[Span, None] = {}
        for period in self.known(periods):
            found[period.up_to(self.known_last)] = None
            for pair in self.pairs(period):
                found[pair.this] = None
                if pair.base is not None:
                    found[pair.base] = None
        return tuple(found)


@lru_cache(maxsize=4096)
def _pairs(calendar: Calendar, period: Span) -> tuple[Pair, Pair]:
    # Every line of a chart asks for the same periods.
    known = (calendar.grain, period, calendar.known_last, calendar.festivals)
    return previous_pair(*known), year_pair(*known)


def rows_of_days(daily: Daily, periods: Sequence[Span], calendar: Calendar, *, stock: bool) -> list[Row]:
    """Rows of a flow, a cohort or a stock, oldest first; periods that have not begun are left out."""
    found = []
    for period in calendar.known(periods):
        shown = period.up_to(calendar.known_last)
        previous, year = calendar.pairs(period)
        found.append(
            Row(
                period,
                shown,
                figure(daily, shown, stock=stock),
                change(daily, previous, stock=stock),
                change(daily, year, stock=stock),
            )
        )
    return found


def rows_of_medians(
    median_of: Callable[[Span], Figure], periods: Sequence[Span], calendar: Calendar, min_n: int
) -> list[Row]:
    """Rows of a distribution; ``median_of`` gives the median of a span with its n and its days reported."""

    def against(pair: Pair) -> Change:
        base = None if pair.base is None else median_of(pair.base)
        return median_change(median_of(pair.this), base, pair, min_n)

    found = []
    for period in calendar.known(periods):
        shown = period.up_to(calendar.known_last)
        previous, year = calendar.pairs(period)
        found.append(Row(period, shown, median_of(shown), against(previous), against(year)))
    return found
