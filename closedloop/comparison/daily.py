"""Daily figures of several stations, added up over a span: what was reported, and what should have been."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from closedloop.comparison.periods import Span


@dataclass(frozen=True)
class Daily:
    """Figures per station (rows) and calendar day (columns, from ``first`` on); NaN where not reported.

    ``denominator`` is None for what is counted and no share. ``expected`` marks the stations that report;
    what belongs to no station adds to the sums and is missed by nobody.
    """

    first: date
    numerator: np.ndarray
    denominator: np.ndarray | None
    expected: np.ndarray

    def of(self, rows: np.ndarray) -> Daily:
        """Some of the stations."""
        denominator = None if self.denominator is None else self.denominator[rows]
        return Daily(self.first, self.numerator[rows], denominator, self.expected[rows])

    def cells(self, span: Span) -> slice:
        """The columns of a span; what lies before the first day is not there."""
        start = (span.first - self.first).days
        return slice(max(0, start), max(0, start + span.days))

    @cached_property
    def reported(self) -> np.ndarray:
        """True where a station reported a day."""
        return ~np.isnan(self.numerator)

    @cached_property
    def filled(self) -> tuple[np.ndarray, np.ndarray | None]:
        """Numerator and denominator with 0 for what was not reported, to be added up."""
        denominator = self.denominator
        if denominator is not None:
            denominator = np.where(np.isnan(denominator), 0.0, denominator)
        return np.where(self.reported, self.numerator, 0.0), denominator

    @cached_property
    def _since(self) -> np.ndarray:
        """The first column that each expected station ever reported."""
        own = self.reported[self.expected]
        return np.where(own.any(axis=1), own.argmax(axis=1), 0)

    def due(self, span: Span) -> int:
        """Station-days that should be there: from the first day on that a station ever reported."""
        columns = self.cells(span)
        return int(np.maximum(columns.stop - np.maximum(self._since, columns.start), 0).sum())


@dataclass(frozen=True)
class Figure:
    """A figure of a span. ``value`` is None where nobody reported, or a share has no case.

    ``n``: what it rests on (the count itself, the denominator, the observations). ``reported`` of ``due``
    station-days are in it.
    """

    value: float | None
    numerator: float | None
    n: float
    reported: int
    due: int

    @property
    def is_complete(self) -> bool:
        """True when every day that should be there is."""
        return self.reported >= self.due


def figure(daily: Daily, span: Span, *, stock: bool) -> Figure:
    """The figure of a span: a flow or a cohort adds up over its days, a stock is that of its last day."""
    span = Span(span.last, span.last) if stock else span
    columns = daily.cells(span)
    reported = daily.reported[:, columns]
    due = daily.due(span)
    count = int(reported[daily.expected].sum())
    if not reported.any():
        return Figure(None, None, 0, 0, due)
    numerator, denominator = daily.filled
    return _figure(
        float(numerator[:, columns].sum()),
        None if denominator is None else float(denominator[:, columns].sum()),
        count,
        due,
    )


def paired(daily: Daily, this: Span, base: Span, *, stock: bool) -> tuple[Figure, Figure]:
    """Two spans over the station-days that both have: the same stations, the same day within the span.

    Of a stock only the two last days are paired.
    """
    if stock:
        this, base = Span(this.last, this.last), Span(base.last, base.last)
    days = min(this.days, base.days)
    left, right = daily.cells(this.first_days(days)), daily.cells(base.first_days(days))
    due = daily.due(this)
    width = min(left.stop - left.start, right.stop - right.start)
    # A base that begins before the first day known has fewer columns: pair from the end.
    left, right = slice(left.stop - width, left.stop), slice(right.stop - width, right.stop)
    both = daily.reported[:, left] & daily.reported[:, right]
    count = int(both[daily.expected].sum())
    found = []
    for columns in (left, right):
        if not both.any():
            found.append(Figure(None, None, 0, 0, due))
            continue
        numerator = float(daily.numerator[:, columns][both].sum())
        denominator = None
        if daily.denominator is not None:
            denominator = float(daily.denominator[:, columns][both].sum())
        found.append(_figure(numerator, denominator, count, due))
    return found[0], found[1]


def _figure(numerator: float, denominator: float | None, reported: int, due: int) -> Figure:
    if denominator is None:
        return Figure(numerator, numerator, numerator, reported, due)
    return Figure(numerator / denominator if denominator else None, numerator, denominator, reported, due)
