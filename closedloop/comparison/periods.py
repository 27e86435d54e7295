"""Days, weeks and months, and the ones they are compared with."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Grain = Literal["day", "week", "month"]
GRAINS: tuple[Grain, ...] = ("day", "week", "month")

#: 52 weeks: the same weekday a year earlier.
YEAR_OF_WEEKS = timedelta(days=364)

#: Around the lunar New Year, from a week before to the Lantern Festival (元宵), days go by the festival.
FESTIVAL_BEFORE, FESTIVAL_AFTER = 7, 15
#: The earliest and latest days such a stretch can touch: New Year's day lies between 21 January and 20
#: February.
_FESTIVAL_SEASON = ((1, 14), (3, 7))


@dataclass(frozen=True, order=True)
class Span:
    """Calendar days, first and last included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    def touches(self, other: Span) -> bool:
        """True when they have a day in common."""
        return self.first <= other.last and other.first <= self.last

    def moved(self, by: timedelta) -> Span:
        """As many days, earlier or later."""
        return Span(self.first + by, self.last + by)

    def up_to(self, day: date) -> Span:
        """Without what lies after ``day``."""
        return Span(self.first, min(self.last, day))

    def first_days(self, days: int) -> Span:
        """The first ``days`` days, or all of them where there are fewer."""
        return Span(self.first, min(self.last, self.first + timedelta(days=days - 1)))


@dataclass(frozen=True)
class Pair:
    """What a period is compared with: ``this`` against ``base``, or why there is nothing to compare.

    ``reason`` is ``with_february`` (January waits for February), ``festival_base`` (last year's days fell
    into the Spring Festival, this year's do not) or ``festival_unknown`` (beyond the festival table).
    ``notes``: ``jan_feb``, ``festival`` (aligned by the lunar calendar), ``near_festival`` (not aligned,
    and one side touches it), ``leap`` (one side holds a 29 February that the other lacks).
    """

    this: Span
    base: Span | None
    reason: str = ""
    notes: tuple[str, ...] = ()


def period_of(grain: Grain, day: date) -> Span:
    """The day, its week from Monday to Sunday, or its month."""
    if grain == "day":
        return Span(day, day)
    if grain == "week":
        monday = day - timedelta(days=day.weekday())
        return Span(monday, monday + timedelta(days=6))
    return _month(day.year, day.month)


def periods_between(grain: Grain, first: date, last: date) -> tuple[Span, ...]:
    """Every period that holds a day of [first, last], oldest first."""
    found = [period_of(grain, first)]
    while found[-1].last < last:
        found.append(period_of(grain, found[-1].last + timedelta(days=1)))
    return tuple(found)


def default_first(grain: Grain, last: date) -> date:
    """Where a chart begins if nobody says: 28 days, 13 weeks or 12 months, the last one included."""
    if grain == "day":
        return last - timedelta(days=27)
    if grain == "week":
        return period_of("week", last).first - timedelta(weeks=12)
    return _month(last.year - 1, last.month).last + timedelta(days=1)


def previous_pair(grain: Grain, period: Span, known_last: date, festivals: Sequence[date]) -> Pair:
    """环比: the day, week or month before. Of an unfinished period, the same days of the one before."""
    before = period_of(grain, period.first - timedelta(days=1))
    this = period.up_to(known_last)
    base = before if this == period else before.first_days(this.days)
    near = any(_stretch(day).touches(side) for day in festivals for side in (this, base))
    return Pair(this, base, notes=("near_festival",) if near else ())


def year_pair(grain: Grain, period: Span, known_last: date, festivals: Sequence[date]) -> Pair:
    """同比: a year before. Weeks and days 364 days earlier, or equally far from the Spring Festival; months
    by name, January and February together.

    ``festivals`` are the lunar New Year's days known, of both years at least.
    """
    if grain == "month":
        return _year_of_month(period, known_last)
    this = period.up_to(known_last)
    base = this.moved(-YEAR_OF_WEEKS)
    if not _in_season(this) and not _in_season(base):
        return Pair(this, base)
    by_year = {day.year: day for day in festivals}
    own, other = by_year.get(period.last.year), by_year.get(period.last.year - 1)
    if own is None or other is None:
        return Pair(this, None, "festival_unknown")
    if _stretch(own).touches(period):
        return Pair(this, this.moved(other - own), notes=("festival",))
    if _stretch(other).touches(base):
        return Pair(this, None, "festival_base")
    return Pair(this, base)


def _year_of_month(period: Span, known_last: date) -> Pair:
    this = period.up_to(known_last)
    year, month = period.first.year, period.first.month
    if month == 1:
        return Pair(this, None, "with_february")
    notes: tuple[str, ...] = ()
    base = _month(year - 1, month)
    whole = this == period
    if month == 2:
        this = Span(date(year, 1, 1), this.last)
        base = Span(date(year - 1, 1, 1), base.last)
        notes = ("jan_feb",)
    if not whole:
        base = base.first_days(this.days)
    if _leap_days(this) != _leap_days(base):
        notes = (*notes, "leap")
    return Pair(this, base, notes=notes)


def _month(year: int, month: int) -> Span:
    return Span(date(year, month, 1), date(year, month, monthrange(year, month)[1]))


def _stretch(new_year: date) -> Span:
    return Span(new_year - timedelta(days=FESTIVAL_BEFORE), new_year + timedelta(days=FESTIVAL_AFTER))


def _in_season(span: Span) -> bool:
    (first_month, first_day), (last_month, last_day) = _FESTIVAL_SEASON
    return any(
        Span(date(year, first_month, first_day), date(year, last_month, last_day)).touches(span)
        for year in {span.first.year, span.last.year}
    )


def _leap_days(span: Span) -> int:
    return sum(
        span.first <= date(year, 2, 29) <= span.last
        for year in range(span.first.year, span.last.year + 1)
        if monthrange(year, 2)[1] == 29
    )
