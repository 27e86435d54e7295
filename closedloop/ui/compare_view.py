"""The comparison an address asks for: a share, a period, and how each station's share stands to the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from closedloop.queries.compare import city_figures, period_figures
from closedloop.queries.metrics import catalogue
from closedloop.queries.reading import rows
from closedloop.statistics.funnel import Funnel, share_against, share_funnel, share_lines
from closedloop.statistics.intervals import wilson
from closedloop.ui import filters
from closedloop.ui.exports.model import Params
from closedloop.ui.metric_text import is_share
from closedloop.ui.visit import Visit

#: Thirteen weeks: a month of a quiet station holds too few cases to tell it from the others.
DEFAULT_DAYS, MOST_DAYS = 91, 731
#: Fewer stations than these make no common share to stand out from.
ENOUGH_STATIONS = 5


@dataclass(frozen=True)
class CompareChoice:
    """Which share, over which calendar days; of a cohort the last one is mature."""

    metric: Mapping
    first_day: date
    last_day: date
    known_last: date


@dataclass(frozen=True)
class Standing:
    """One station: ``part`` of ``whole`` (None where it reported nothing) with Wilson's 95 % interval.

    ``value``, ``lower`` and ``upper`` are None below the metric's smallest n. ``verdict`` is 0 within chance,
    ±1 beyond the 95 % limit, ±2 beyond the 99.8 % one, None where there is none to give; ``limits`` are the
    four of :data:`LIMITS` at this station's n. ``days`` of ``due`` were reported.
    """

    station: str
    part: int | None
    whole: int | None
    value: float | None
    lower: float | None
    upper: float | None
    verdict: int | None
    limits: tuple[float, ...] | None
    days: int
    due: int


LIMITS = ("lower95", "upper95", "lower998", "upper998")


@dataclass(frozen=True)
class Comparison:
    """Stations in the bureau's fixed order; ``funnel`` is None where there is nothing to compare with: too
    few stations with enough cases, or too little of the city published. ``published_days`` of the period
    make up the centre where one station stands against the published city; else None.
    """

    choice: CompareChoice
    stations: Sequence[Standing]
    funnel: Funnel | None
    published_days: int | None = None

    @property
    def judged(self) -> list[Standing]:
        """The stations with a verdict."""
        return [one for one in self.stations if one.verdict is not None]

    @property
    def outside(self) -> list[Standing]:
        """The stations beyond the 99.8 % limits: more than chance."""
        return [one for one in self.judged if abs(one.verdict or 0) == 2]


def shares_of(visit: Visit) -> dict[str, dict]:
    """The metrics that are shares, by id, in the catalogue's order: only these have a fair comparison.

    A count has none: the exports hold no residents and no officers to divide it by.
    """
    return {row["metric_id"]: row for row in visit.ask_rows(catalogue) if is_share(row)}


def read_compare(params: Params, visit: Visit) -> CompareChoice | None:
    """The choice an address makes; what is no option is left out. None while no metric is a share."""
    shares = shares_of(visit)
    if not shares:
        return None
    metric = shares[filters.one_of(params.get("metric"), tuple(shares), next(iter(shares)))]
    known_last = visit.last_full_day - timedelta(days=int(metric["maturity_days"] or 0))
    first, last = default_days(known_last)
    if params.get("from") or params.get("to"):
        last = min(filters.parse_day(params.get("to"), visit.last_full_day, visit.last_full_day), known_last)
        first = filters.parse_day(params.get("from"), default_days(last)[0], visit.last_full_day)
        first = max(min(first, last), last - timedelta(days=MOST_DAYS - 1))
    return CompareChoice(metric, first, last, known_last)


def default_days(last: date) -> tuple[date, date]:
    """Thirteen weeks up to a day."""
    return last - timedelta(days=DEFAULT_DAYS - 1), last


def compared(visit: Visit, choice: CompareChoice) -> Comparison:
    """Every station in scope against the share they have in common."""
    frame = visit.ask(
        period_figures,
        metric=choice.metric["metric_id"],
        first_day=choice.first_day,
        last_day=choice.last_day,
    )
    part = frame["numerator"].to_numpy(dtype=float)
    whole = frame["denominator"].to_numpy(dtype=float)
    with np.errstate(invalid="ignore"):
        enough = whole >= choice.metric["min_n"]
    part, counted = np.where(enough, part, np.nan), np.where(enough, whole, np.nan)
    published = None
    if visit.leads:
        funnel = share_funnel(part, counted) if enough.sum() >= ENOUGH_STATIONS else None
    else:
        city = rows(
            visit.ask(
                city_figures,
                metric=choice.metric["metric_id"],
                first_day=choice.first_day,
                last_day=choice.last_day,
            )
        )[0]
        published = int(city["days"])
        # Few and busy days published are not the period.
        whole_period = 2 * published >= (choice.last_day - choice.first_day).days + 1
        judged = bool(enough.any()) and whole_period
        funnel = share_against(part, counted, city["numerator"] / city["denominator"]) if judged else None
    around = wilson(part, counted)
    found = [
        _standing(row, at, bool(enough[at]), around, funnel)
        for at, row in enumerate(rows(frame))
        # A station that had not joined, or had left, owes nothing.
        if row["days"] or _due(row)
    ]
    return Comparison(choice, found, funnel, published)


def _due(row: Mapping) -> int:
    return max(0, (row["due_to"] - row["due_from"]).days + 1)


def _standing(row: Mapping, at: int, enough: bool, around, funnel: Funnel | None) -> Standing:
    reported = row["days"] > 0
    judged = enough and funnel is not None
    return Standing(
        station=row["station_id"],
        part=int(row["numerator"]) if reported else None,
        whole=int(row["denominator"]) if reported else None,
        value=float(around.estimate[at]) if enough else None,
        lower=float(around.lower[at]) if enough else None,
        upper=float(around.upper[at]) if enough else None,
        verdict=int(funnel.verdict[at]) if judged else None,
        limits=tuple(float(getattr(funnel, name)[at]) for name in LIMITS) if judged else None,
        days=int(row["days"]),
        due=_due(row),
    )


def limit_lines(comparison: Comparison, steps: int = 60) -> pd.DataFrame:
    """The limits over n, from the smallest n shown to beyond the largest: what the chart draws."""
    assert comparison.funnel is not None, "without one nothing is judged"
    sizes = [one.whole for one in comparison.judged if one.whole is not None]
    least, most = comparison.choice.metric["min_n"], 1.08 * max(sizes)
    n = np.geomspace(max(1, least), max(most, least + 1), steps)
    return pd.DataFrame({"n": n, **share_lines(comparison.funnel, n)})
