"""Warnings at stations: which counts of the last days are more than chance, each as a sentence.

The rule is :mod:`closedloop.statistics.recent`. It judges counted flows, station by station: shares and
medians are looked at on Trends and Compare, stocks follow from the flows.
"""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pandas as pd

from closedloop.queries.metrics import catalogue
from closedloop.queries.reading import BUILD, rows
from closedloop.queries.signals import counted_days
from closedloop.statistics.recent import CONF, DAYS_NEEDED, WINDOWS, recent_change
from closedloop.ui.cards import Explanation, heading
from closedloop.ui.link_list import LinkRow, link_list
from closedloop.ui.metric_text import metric_name
from closedloop.ui.registry import TRENDS
from closedloop.ui.states import empty, unknown
from closedloop.ui.visit import Visit
from closedloop.warehouse.scope import Scope

#: Fewer expected in the longest window: single cases, not a rate that could change.
ENOUGH = 5
#: More lines than these are not read in the morning; the heading says how many there are.
MOST_SHOWN = 10

_COLUMNS = ("metric_id", "station_id", "judged", "called", "days", "now", "expected", "is_new")


def station_signals(
    scope: Scope, as_of: datetime, last_day: date, station: str | None = None
) -> pd.DataFrame:
    """Every counted flow at every station, judged at the end of ``last_day``.

    One row per metric × station with at least 5 cases expected in 14 days, or not judged for want of
    reported days: ``called`` is +1, −1 or 0, ``days`` the window that called (7 or 14), ``now`` what was
    counted in it and ``expected`` what the half-year before leads to expect; ``is_new`` is false where the
    day before had called as well. A question like those of ``queries``: it can be asked through ``ask``.
    """
    # One day more than the rule needs: it is put to the day before as well.
    days = counted_days(scope, as_of, last_day, DAYS_NEEDED + 1, station)
    daily = np.full((len(days), DAYS_NEEDED + 1), np.nan)
    for at, row in enumerate(rows(days)):
        daily[at, row["day_no"]] = row["numerator"]
    found = pd.DataFrame(_judged(daily), columns=list(_COLUMNS[2:]))
    found.insert(0, "station_id", days["station_id"])
    found.insert(0, "metric_id", days["metric_id"])
    found = found[~found["judged"] | (found["expected"] * WINDOWS[-1] / found["days"] >= ENOUGH)]
    found.attrs[BUILD] = days.attrs[BUILD]
    return found


def _judged(daily: np.ndarray) -> dict[str, np.ndarray]:
    if not len(daily):
        return {name: np.empty(0) for name in _COLUMNS[2:]}
    short, long = (recent_change(daily, length) for length in WINDOWS)
    before = [recent_change(daily[:, :-1], length).called != 0 for length in WINDOWS]
    by_short = short.called != 0
    return {
        "judged": short.judged & long.judged,
        "called": np.where(by_short, short.called, long.called),
        "days": np.where(by_short, short.length, long.length),
        "now": np.where(by_short, short.now, long.now),
        "expected": np.where(by_short, short.expected, long.expected),
        "is_new": ~(before[0] | before[1]),
    }


def signal_rows(visit: Visit, found: pd.DataFrame) -> list[LinkRow]:
    """The warnings as sentences that lead to the course behind them; new ones first, else fixed orders."""
    t, texts = visit.t, visit.texts
    metrics = {row["metric_id"]: row for row in visit.ask_rows(catalogue)}
    called = found[found["judged"] & (found["called"] != 0)].sort_values(
        "is_new", ascending=False, kind="stable"
    )
    return [
        LinkRow(
            title=t(
                "{station}: {name} {now} in {days} days, {expected} expected: more than chance",
                station=visit.names.station(row["station_id"]),
                name=metric_name(visit, metrics[row["metric_id"]]),
                now=texts.number(row["now"]),
                days=row["days"],
                expected=texts.number(row["expected"], 1),
            ),
            page=TRENDS,
            params={"metric": row["metric_id"], "station": row["station_id"]},
            mark=f"▲ {t('more')}" if row["called"] > 0 else f"▼ {t('fewer')}",
            standing=t("new") if row["is_new"] else t("stood the day before"),
        )
        for row in rows(called)
    ]


def signal_section(visit: Visit) -> None:
    """The section of Today: what is more than chance, or plainly that nothing is; who was not judged."""
    t = visit.t
    last_day = visit.last_full_day
    found = visit.ask(station_signals, last_day=last_day, station=visit.station)
    judged = int(found["judged"].sum())
    shown = signal_rows(visit, found)
    title = t("Signals since the last duty day")
    heading(
        visit,
        t(
            "{heading} ({shown} of {total})",
            heading=title,
            shown=min(len(shown), MOST_SHOWN),
            total=len(shown),
        )
        if shown
        else title,
        Explanation(
            t(
                "Counts of the last 7 and of the last 14 calendar days up to {day}, at each station, against "
                "its own 26 weeks before: called where the {level} interval of the ratio, widened by the "
                "spread of those weeks, does not hold 1. About one false call per station, metric and five "
                "years. Judged are counted flows with at least {enough} cases expected in 14 days; it says "
                "that something changed, not what.",
                day=visit.texts.day(last_day),
                level=f"{CONF:.3%}",
                enough=ENOUGH,
            ),
            n=t("{count} courses of stations judged", count=visit.texts.number(judged)),
            known_until=visit.texts.moment(visit.known_until),
        ),
        key="signals",
    )
    if shown:
        link_list(visit, shown[:MOST_SHOWN], key="signals", label=title)
    elif judged:
        empty(t("No change beyond the usual ups and downs."))
    else:
        unknown(t("Too few cases, or too few reported days, to judge by."))
    silent = list(dict.fromkeys(found.loc[~found["judged"].astype(bool), "station_id"]))
    if silent:
        stations = ", ".join(visit.names.station(one) for one in silent)
        unknown(t("Not judged for want of reported days: {stations}.", stations=stations))
