"""Which cohort the page on time to close looks at, how it is split, and which lines are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from closedloop.queries.closing import Cohort
from closedloop.ui import filters
from closedloop.ui.exports.model import Params
from closedloop.ui.ignored import ignored_values
from closedloop.ui.period import opened_text
from closedloop.ui.visit import Visit

SEVERITIES = ("red", "yellow", "blue", "none")
#: The cohort unless the address says otherwise: items opened in the last 26 weeks.
WEEKS = 26
#: More lines than that nobody tells apart.
MOST_LINES = 4


@dataclass(frozen=True)
class ClosingChoice:
    """What an address asks for.

    ``by``: ``loop`` while no loop is chosen, else ``severity`` or ``station``. ``show``: the lines to draw,
    empty for the usual ones. ``band``: the line whose interval is drawn.
    """

    first_day: date
    last_day: date
    cohort: Cohort
    by: str
    show: tuple[str, ...]
    band: str | None


def members(visit: Visit, by: str) -> tuple[str, ...]:
    """What a split consists of, in its fixed order; never an order by figures."""
    if by == "severity":
        return SEVERITIES
    if by == "loop":
        return visit.names.ids("loop")
    return (visit.station,) if visit.station else visit.names.stations()


def offered(visit: Visit, choice: ClosingChoice) -> tuple[str, ...]:
    """The lines that can be chosen: those of stations that are filtered out cannot."""
    return (choice.by == "station" and choice.cohort.stations) or members(visit, choice.by)


def member_name(visit: Visit, by: str, member: str) -> str:
    """The name of a part of a split."""
    names = visit.names
    if by == "severity":
        return names.severity(None if member == "none" else member)
    return names.loop(member) if by == "loop" else names.station(member)


def splits(visit: Visit) -> tuple[str, ...]:
    """How one loop can be split; who sees one station has nothing to compare it with."""
    return ("severity", "station") if visit.leads else ("severity",)


def split_name(visit: Visit, by: str) -> str:
    """What a split is called."""
    t = visit.t
    return {"severity": t("Colour at issue"), "station": t("Station"), "loop": t("Loop")}[by]


def read_cohort(params: filters.LastValues, visit: Visit) -> tuple[date, date]:
    """First and last day of opening, both included."""
    return filters.parse_period(params, visit.last_full_day, days=7 * WEEKS)


def read_choice(params: Params, visit: Visit) -> ClosingChoice:
    """The choice an address makes; whatever is none of the options is left out."""
    first, last = read_cohort(params, visit)
    loop = filters.one_of(params.get("loop"), visit.names.ids("loop"))
    by = (filters.one_of(params.get("by"), splits(visit), "severity") or "severity") if loop else "loop"
    stations = (
        (visit.station,) if visit.station else filters.some_of(params.get_all("of"), visit.names.stations())
    )
    since, until = visit.days(first, last)
    cohort = Cohort(
        since=since,
        until=until,
        loop=loop,
        stations=stations,
        severities=filters.some_of(params.get_all("colour"), SEVERITIES),
    )
    usual = stations if by == "station" else ()
    show = filters.some_of(params.get_all("show"), usual or members(visit, by)) or usual
    band = filters.one_of(params.get("band"), members(visit, by))
    return ClosingChoice(first, last, cohort, by, show[:MOST_LINES], band)


def ignored_filters(params: Params, visit: Visit) -> list[str]:
    """The page's own filters in an address that name none of the options.

    Lines of another split are options: who chooses another loop has still chosen them.
    """
    lines = [member for by in ("loop", "severity", "station") for member in members(visit, by)]
    return ignored_values(
        params,
        {
            "loop": visit.names.ids("loop"),
            "by": splits(visit),
            "colour": SEVERITIES,
            "of": (visit.station,) if visit.station else visit.names.stations(),
            "show": lines,
            "band": lines,
        },
    )


def active_filters(visit: Visit, choice: ClosingChoice) -> list[str]:
    """The filters in words, the cohort first."""
    names, cohort = visit.names, choice.cohort
    return [
        opened_text(visit, (choice.first_day, choice.last_day)),
        *([names.loop(cohort.loop)] if cohort.loop else []),
        *(names.severity(None if s == "none" else s) for s in cohort.severities),
        *(names.station(station) for station in cohort.stations),
    ]
