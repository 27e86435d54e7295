"""The period of a page in words, and the way to one that is over."""

from __future__ import annotations

from datetime import date, timedelta

from closedloop.ui.visit import Visit


def period_text(visit: Visit) -> str:
    """``2025-04-01 – 2025-04-24``, both days included."""
    return f"{visit.texts.day(visit.first_day)} – {visit.texts.day(visit.last_day)}"


def opened_text(visit: Visit, days: tuple[date, date]) -> str:
    """``opened 2025-04-01 – 2025-04-24``, both days included."""
    first, last = (visit.texts.day(day) for day in days)
    return visit.t("opened {first} – {last}", first=first, last=last)


def ended_before(visit: Visit, days: int, length: int = 28) -> dict[str, str]:
    """Address of the last ``length`` days of which each lies ``days`` full days back or more."""
    last = visit.last_full_day - timedelta(days=days)
    return {"from": (last - timedelta(days=length - 1)).isoformat(), "to": last.isoformat()}
