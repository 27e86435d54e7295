"""The tables of the daily incident table, worked out at once and kept."""

from __future__ import annotations

from dataclasses import dataclass

from closedloop.queries.daily import open_incidents
from closedloop.ui.daily_table import by_station, summary_html, tables_html
from closedloop.ui.visit import Visit
from closedloop.ui.worked_out import worked_out_once


@dataclass(frozen=True)
class DailyShown:
    """How many ``incidents`` are shown, the summary and the tables of stations as HTML."""

    incidents: int
    summary: str
    tables: str


@worked_out_once
def daily_shown(visit: Visit, row_limit: int) -> DailyShown:
    """The open incidents at the visit's moment, at most ``row_limit``."""
    found = visit.ask(open_incidents, station=visit.station, row_limit=row_limit)
    stations = by_station(visit, found)
    return DailyShown(len(found), summary_html(visit, stations), tables_html(visit, stations))
