"""Working days and working time, counted by walking from day to day.

Slow on purpose: the warehouse uses cumulative columns, this walks, and the two must agree.
All moments are aware datetimes; ``None`` means that the calendar does not reach so far.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class WorkingTime:
    """``days``: local date → (opens, closes) of a working day, or ``None`` for a day off."""

    zone: ZoneInfo
    days: dict[date, tuple[time, time] | None]

    @classmethod
    def read(cls, calendar_csv: Path, zone: str) -> WorkingTime:
        days: dict[date, tuple[time, time] | None] = {}
        with calendar_csv.open(encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                hours = None
                if row["is_workday"] == "1":
                    hours = (time.fromisoformat(row["opens_at"]), time.fromisoformat(row["closes_at"]))
                days[date.fromisoformat(row["calendar_date"])] = hours
        return cls(ZoneInfo(zone), days)

    def local_date(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def at(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, tzinfo=self.zone).astimezone(UTC)

    def close_of_nth_working_day(self, start: datetime, n: int) -> datetime | None:
        """Closing time of the n-th working day after the local day of ``start``, which does not count."""
        day = self.local_date(start)
        if day not in self.days:
            return None
        seen = 0
        while seen < n:
            day += ONE_DAY
            if day not in self.days:
                return None
            if self.days[day] is not None:
                seen += 1
        hours = self.days[day]
        return self.at(day, hours[1]) if hours else None

    def close_of_the_day(self, moment: datetime) -> datetime:
        """Closing time of the working day on which ``moment`` lies."""
        day = self.local_date(moment)
        hours = self.days[day]
        assert hours is not None, f"{day} is not a working day"
        return self.at(day, hours[1])

    def worked_between(self, start: datetime, end: datetime) -> timedelta | None:
        """Working time in ``[start, end]``."""
        worked = timedelta(0)
        day, last = self.local_date(start), self.local_date(end)
        while day <= last:
            if day not in self.days:
                return None
            hours = self.days[day]
            if hours is not None:
                begins, ends = max(start, self.at(day, hours[0])), min(end, self.at(day, hours[1]))
                worked += max(timedelta(0), ends - begins)
            day += ONE_DAY
        return worked

    def add_working(self, start: datetime, amount: timedelta) -> datetime | None:
        """The earliest instant by which ``amount`` (more than nothing) has been worked since ``start``."""
        assert amount > timedelta(0)
        left = amount
        day = self.local_date(start)
        while day in self.days:
            hours = self.days[day]
            if hours is not None:
                begins, ends = max(start, self.at(day, hours[0])), self.at(day, hours[1])
                if begins < ends:
                    if left <= ends - begins:
                        return begins + left
                    left -= ends - begins
            day += ONE_DAY
        return None

    def days_later(self, start: datetime, n: int) -> datetime:
        """The same local clock time ``n`` calendar days later."""
        local = start.astimezone(self.zone)
        moved = datetime.combine(local.date() + n * ONE_DAY, local.time(), tzinfo=self.zone)
        return moved.astimezone(UTC)

    def midnight_after(self, moment: datetime) -> datetime:
        """24:00 of the local day of ``moment``."""
        return self.at(self.local_date(moment) + ONE_DAY, time(0))

    def duty_day(self, moment: datetime, begins: time = time(8)) -> date:
        """08:00 on the day before up to, not including, 08:00 of the day it is named after."""
        local = moment.astimezone(self.zone)
        return local.date() + ONE_DAY if local.time() >= begins else local.date()
