"""What an extract says of itself: which stations it holds completely, from when until when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from closedloop.errors import ClosedloopError

Extract = Literal["full", "delta"]


#: How far ahead an extract may say it is complete: clocks differ, and a day's report may be cut at its end.
FURTHEST = timedelta(days=1)


@dataclass(frozen=True)
class Covers:
    """The completeness of one extract. Nothing said: the stations in the file, until its latest time.

    ``stations`` None with ``until`` given means every known station; ``without`` takes some of them out again
    (a station whose export is missing is not reported, which is not the same as having had no incident).
    """

    since: datetime | None = None
    until: datetime | None = None
    stations: tuple[str, ...] | None = None
    without: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.since and self.until and self.since > self.until:
            raise ClosedloopError(
                f"the extract covers from {self.since:%Y-%m-%d %H:%M} until {self.until:%Y-%m-%d %H:%M}, "
                "which is earlier; exchange the two",
                f"起始时间 {self.since:%Y-%m-%d %H:%M} 晚于截至时间 {self.until:%Y-%m-%d %H:%M}；请对调",
            )
        if self.until and self.until > datetime.now(self.until.tzinfo or UTC) + FURTHEST:
            raise ClosedloopError(
                f"the extract covers until {self.until:%Y-%m-%d %H:%M}, which is yet to come; nothing can be "
                "complete then: say the moment it was exported (covers_until)",
                f"截至时间 {self.until:%Y-%m-%d %H:%M} 尚未到来，数据不可能完整；请填写导出的时刻",
            )
        if self.until is None and (self.since or self.stations is not None or self.without):
            raise ClosedloopError(
                "say until when the extract is complete, too (covers_until)", "请同时填写截至时间"
            )

    @property
    def said(self) -> bool:
        """Whether anything was said."""
        return self.until is not None


#: A day alone would be taken for its first moment.
_DAY = re.compile(r"\d{4}-?\d{2}-?\d{2}")


def _without_time(name: str, day: object) -> ClosedloopError:
    return ClosedloopError(
        f"{name} {day} has no time of day; write it as {day}T08:00",
        f"截至时间“{day}”没有时刻；请写成 {day} 08:00",
    )


def moment(value: str | datetime | None, zone: ZoneInfo, name: str) -> datetime | None:
    """A moment as written by people: ISO, in the warehouse's zone unless it has an offset."""
    if value is None:
        return None
    if isinstance(value, str):
        if _DAY.fullmatch(value.strip()):
            raise _without_time(name, value.strip())
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ClosedloopError(
                f"{name} {value!r} is no time; write it as 2025-04-25T08:00",
                f"截至时间“{value}”不是时间；请写成 2025-04-25 08:00",
            ) from None
    if not isinstance(value, datetime):
        # YAML reads a day without a time as a date; a cut-off needs its hour.
        raise _without_time(name, value)
    return value if value.tzinfo else value.replace(tzinfo=zone)
