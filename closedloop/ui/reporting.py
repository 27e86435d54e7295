"""未报: which stations have said nothing about a period, and until when the others have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from closedloop.queries.loading import freshness
from closedloop.ui.visit import Visit


@dataclass(frozen=True)
class Reporting:
    """Until when every station has reported all sources that a page rests on; None for never."""

    visit: Visit
    known_until: dict[str, datetime | None]

    def is_silent(self, station: str) -> bool:
        """True when the station has not reported any of the period: nothing known, which is not zero."""
        if station not in self.known_until:
            return False
        known = self.known_until[station]
        return known is None or known <= self.visit.period[0]

    @property
    def all_silent(self) -> bool:
        """True when no station has reported any of the period."""
        return bool(self.known_until) and all(self.is_silent(station) for station in self.known_until)

    def text(self, station: str) -> str:
        """Until when the station has reported, 未报 when not at all; a dash where nobody owes a report."""
        if self.is_silent(station):
            return self.visit.t("Not reported")
        known = self.known_until.get(station)
        return self.visit.texts.moment(min(known, self.visit.known_until) if known else None)


def reporting(visit: Visit, *sources: str) -> Reporting:
    """Who has reported what a page rests on: the earliest of ``sources``, per station."""
    known: dict[str, datetime | None] = {}
    for row in visit.ask_rows(freshness, station=visit.station):
        if row["source_table"] not in sources:
            continue
        station, until = row["station_id"], row["known_until"]
        if station in known:
            before = known[station]
            until = None if until is None or before is None else min(until, before)
        known[station] = until
    return Reporting(visit, known)
