"""The choice a Trends address makes, and the lines it leads to; shared by the page and its download."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from closedloop.comparison.daily import Daily, Figure, figure
from closedloop.comparison.periods import GRAINS, Grain, Span, default_first, periods_between
from closedloop.comparison.table import Calendar, Row, rows_of_days, rows_of_medians
from closedloop.queries.metrics import catalogue
from closedloop.queries.reading import rows
from closedloop.queries.trends import (
    metric_days,
    metric_dimensions,
    reported_days,
    span_medians,
    spring_festivals,
)
from closedloop.ui import filters
from closedloop.ui.exports.model import Params
from closedloop.ui.names import UNASSIGNED, Names
from closedloop.ui.visit import Visit

#: More periods than these make no chart that anybody reads.
MOST_DAYS: dict[Grain, int] = {"day": 92, "week": 371, "month": 731}
DEFAULT_GRAIN: Grain = "week"


@dataclass(frozen=True)
class TrendChoice:
    """Which metric, of which stations, split how, over which periods."""

    metric: Mapping
    grain: Grain
    stations: tuple[str, ...]
    dimension: str
    periods: tuple[Span, ...]
    first_day: date
    last_day: date
    known_last: date

    @property
    def is_stock(self) -> bool:
        """True when the last day of a period is its figure."""
        return self.metric["kind"] == "stock"


@dataclass(frozen=True)
class Line:
    """One line: all the stations chosen together (``key`` empty), one station, or one member."""

    key: str
    name: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class Trend:
    """The lines of a choice. ``whole`` is None where the stations in sight are one, or may not be added."""

    whole: Line | None
    parts: Sequence[Line]


def metrics_of(visit: Visit) -> dict[str, dict]:
    """The catalogue by id, in its fixed order."""
    return {metric["metric_id"]: metric for metric in visit.ask_rows(catalogue)}


def read_choice(params: Params, visit: Visit) -> TrendChoice | None:
    """The choice an address makes; what is no option is left out. None while there is no metric at all."""
    metrics = metrics_of(visit)
    if not metrics:
        return None
    metric = metrics[filters.one_of(params.get("metric"), tuple(metrics), next(iter(metrics)))]
    grain = filters.one_of(params.get("grain"), GRAINS, DEFAULT_GRAIN)
    # A cohort's last days are not mature yet; they are no gap and no period.
    known_last = visit.last_full_day - timedelta(days=int(metric["maturity_days"] or 0))
    first, last = default_period(grain, known_last)
    if params.get("from") or params.get("to"):
        last = min(filters.parse_day(params.get("to"), visit.last_full_day, visit.last_full_day), known_last)
        first = filters.parse_day(params.get("from"), default_period(grain, last)[0], visit.last_full_day)
        first = max(min(first, last), last - timedelta(days=MOST_DAYS[grain] - 1))
    stations = filters.some_of(params.get_all("stations"), visit.names.stations())
    if visit.station is not None:
        stations = (visit.station,)
    elif not visit.leads:
        stations = visit.names.stations()
    return TrendChoice(
        metric=metric,
        grain=grain,
        stations=stations,
        dimension=filters.one_of(params.get("split"), dimensions_of(visit, metric, first, last), "") or "",
        periods=periods_between(grain, first, last),
        first_day=first,
        last_day=last,
        known_last=known_last,
    )


def default_period(grain: Grain, last: date) -> tuple[date, date]:
    """28 days, 13 weeks or 12 months, ending with the last full day."""
    return default_first(grain, last), last


def dimensions_of(visit: Visit, metric: Mapping, first: date, last: date) -> tuple[str, ...]:
    """What the metric may be split by; observations are split by nothing but their station."""
    if metric["kind"] == "distribution":
        return ()
    found = visit.ask(metric_dimensions, metric=metric["metric_id"], first_day=first, last_day=last)
    return tuple(found["split"])


def member_name(names: Names, dimension: str, member: str) -> str:
    """A member's name: a colour with its symbol, a category, a department, a loop; else as it is written."""
    return names.severity(member) if dimension == "severity" else names.name(dimension, member)


def trend_of(visit: Visit, choice: TrendChoice) -> Trend:
    """Every line of the choice with figures and comparisons; stations and members in their fixed order."""
    festivals = tuple(visit.ask(spring_festivals)["festival_day"])
    calendar = Calendar(choice.grain, choice.known_last, festivals)
    spans = calendar.spans(choice.periods)
    if not spans:
        return Trend(None, [])
    shown = choice.stations or visit.names.stations()
    if choice.metric["kind"] == "distribution":
        trend = _of_medians(visit, choice, calendar, spans, shown)
    else:
        trend = _of_days(visit, choice, calendar, spans, shown)
    return trend


def whole_name(visit: Visit, choice: TrendChoice) -> str:
    """What the line over all the stations chosen is called."""
    if len(choice.stations) == 1:
        return visit.names.station(choice.stations[0])
    if choice.stations:
        return visit.texts.n("{count} station", "{count} stations", len(choice.stations))
    return visit.t("All stations")


def _station_lines(visit: Visit, shown: Sequence[str]) -> list[str]:
    """Stations with a line of their own. What belongs to no station is in the sum and has none."""
    stations = [station for station in shown if station != UNASSIGNED]
    return stations if len(shown) > 1 else []


def _of_days(
    visit: Visit, choice: TrendChoice, calendar: Calendar, spans: Sequence[Span], shown: Sequence[str]
) -> Trend:
    first = min(span.first for span in spans)
    frame = visit.ask(
        metric_days,
        metric=choice.metric["metric_id"],
        first_day=first,
        last_day=choice.known_last,
        stations=choice.stations,
        dimension=choice.dimension,
    )
    width = (choice.known_last - first).days + 1
    total = frame[frame["member"] == ""] if choice.dimension else frame
    # A share has denominators; a count has none on any day.
    share = bool(total["denominator"].notna().any())
    all_days = _daily(total, shown, first, width, share)

    def line(key: str, name: str, daily: Daily) -> Line:
        return Line(key, name, rows_of_days(daily, choice.periods, calendar, stock=choice.is_stock))

    whole = line("", whole_name(visit, choice), all_days)
    if choice.dimension:
        parts = []
        for member in _members(visit, choice.dimension, frame):
            daily = _daily(
                frame[frame["member"] == member], shown, first, width, share, reported=all_days.reported
            )
            found = line(member, member_name(visit.names, choice.dimension, member), daily)
            if any(row.figure.n for row in found.rows):
                parts.append(found)
    else:
        parts = [
            line(station, visit.names.station(station), all_days.of(np.array([shown.index(station)])))
            for station in _station_lines(visit, shown)
        ]
    return Trend(whole, parts)


def _members(visit: Visit, dimension: str, frame: pd.DataFrame) -> list[str]:
    present = set(frame["member"]) - {""}
    known = [member for member in visit.names.ids(dimension) if member in present]
    return [*known, *sorted(present - set(known))]


def _daily(
    frame: pd.DataFrame,
    stations: Sequence[str],
    first: date,
    width: int,
    share: bool,
    reported: np.ndarray | None = None,
) -> Daily:
    """The frame of ``metric_days`` as arrays; a member that has no row on a reported day is 0 there."""
    place = {station: at for at, station in enumerate(stations)}
    at = frame["station_id"].map(place).to_numpy(dtype=float)
    known = ~np.isnan(at)
    row, column = at[known].astype(int), frame["day_no"].to_numpy(dtype=int)[known]

    def filled(values: pd.Series) -> np.ndarray:
        empty = np.full((len(stations), width), np.nan)
        if reported is not None:
            empty[reported] = 0
        empty[row, column] = values.to_numpy(dtype=float)[known]
        return empty

    return Daily(
        first,
        filled(frame["numerator"]),
        filled(frame["denominator"]) if share else None,
        np.array([station != UNASSIGNED for station in stations], dtype=bool),
    )


def _of_medians(
    visit: Visit, choice: TrendChoice, calendar: Calendar, spans: Sequence[Span], shown: Sequence[str]
) -> Trend:
    metric = choice.metric["metric_id"]
    medians = visit.ask(
        span_medians,
        metric=metric,
        spans=tuple((span.first, span.last) for span in spans),
        stations=choice.stations,
    )
    found = {(row["span_no"], row["line"]): row for row in rows(medians)}
    numbers = {span: number for number, span in enumerate(spans, start=1)}
    covered = _covered(
        visit.ask(reported_days, metric=metric, stations=choice.stations),
        shown,
        min(span.first for span in spans),
        choice.known_last,
    )

    def line(key: str, name: str, daily: Daily) -> Line:
        def median_of(span: Span) -> Figure:
            row = found.get((numbers[span], key))
            days = figure(daily, span, stock=False)
            if row is None:
                return Figure(None, None, 0, days.reported, days.due)
            n = int(row["observations"])
            return Figure(float(row["median"]), None, n, days.reported, days.due)

        return Line(key, name, rows_of_medians(median_of, choice.periods, calendar, choice.metric["min_n"]))

    parts = [
        line(station, visit.names.station(station), covered.of(np.array([shown.index(station)])))
        for station in _station_lines(visit, shown)
    ]
    return Trend(line("", whole_name(visit, choice), covered), parts)


def _covered(frame: pd.DataFrame, stations: Sequence[str], first: date, last: date) -> Daily:
    """Which days are covered, as zeros; everything, for a metric whose source cannot be told."""
    days = np.full((len(stations), (last - first).days + 1), np.nan if len(frame) else 0.0)
    for row in rows(frame):
        if row["station_id"] in stations:
            start = max(0, ((row["first_day"] or first) - first).days)
            stop = max(start, (row["last_day"] - first).days + 1) if row["last_day"] else start
            days[stations.index(row["station_id"]), start:stop] = 0
    return Daily(first, days, None, np.array([station != UNASSIGNED for station in stations], dtype=bool))
