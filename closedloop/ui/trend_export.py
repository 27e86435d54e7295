"""The trends as a download: every line and period of the choice, through the same filters as the page."""

from __future__ import annotations

import pandas as pd

from closedloop.ui.change_interval import change_intervals
from closedloop.ui.exports.model import Export, Exported, Params
from closedloop.ui.metric_text import change_text, grain_name, is_share, metric_name, row_notes
from closedloop.ui.trend_show import value_of
from closedloop.ui.trend_signals import NOTHING, signal_text, told_lines
from closedloop.ui.trend_view import TrendChoice, read_choice, trend_of, whole_name
from closedloop.ui.visit import Visit


def trend_filters(visit: Visit, choice: TrendChoice) -> list[str]:
    """The choice in words."""
    return [
        metric_name(visit, choice.metric),
        grain_name(visit, choice.grain),
        f"{choice.first_day} – {choice.last_day}",
        whole_name(visit, choice),
        *([split_name(visit, choice.dimension)] if choice.dimension else []),
    ]


def split_name(visit: Visit, dimension: str) -> str:
    """What a metric is split by, in words; a dimension nobody named is shown as it is written."""
    t = visit.t
    return {
        "": t("Station"),
        "category": t("Category"),
        "severity": t("Colour"),
        "department": t("Department"),
        "loop": t("Loop"),
    }.get(dimension, dimension)


def _labels(visit: Visit, choice: TrendChoice) -> dict[str, str]:
    t = visit.t
    return {
        "line": split_name(visit, choice.dimension),
        "key": t("Code"),
        "first_day": t("First day"),
        "last_day": t("Last day shown"),
        "value": metric_name(visit, choice.metric),
        "numerator": t("Numerator"),
        "n": "n",
        "lower": t("Lower limit"),
        "upper": t("Upper limit"),
        "signal": t("Signal"),
        "year": t("On the year"),
        "year_interval": t("On the year, 95 % interval"),
        "previous": t("On the period before"),
        "previous_interval": t("On the period before, 95 % interval"),
        "reported": t("Station-days reported"),
        "due": t("Station-days due"),
        "notes": t("Remarks"),
    }


def _make(visit: Visit, params: Params, row_limit: int) -> Exported:
    choice = read_choice(params, visit)
    if choice is None:
        return Exported(pd.DataFrame(), {})
    trend = trend_of(visit, choice)
    told = told_lines(visit, choice, trend)
    percent = 100 if is_share(choice.metric) else 1
    found = []
    for line in [trend.whole, *trend.parts] if trend.whole else trend.parts:
        years = change_intervals(visit, choice, [row.year for row in line.rows], line.rows)
        before = change_intervals(visit, choice, [row.previous for row in line.rows], line.rows)
        for at, row in enumerate(line.rows):
            said = told[line.key][at] if told else NOTHING
            value = value_of(choice, row.figure)
            found.append(
                {
                    "line": line.name,
                    "key": line.key,
                    "first_day": row.shown.first,
                    "last_day": row.shown.last,
                    # A spreadsheet shows two decimals: shares leave as percent.
                    "value": value * percent if value is not None else None,
                    "numerator": row.figure.numerator,
                    "n": int(row.figure.n),
                    "lower": said.lower * percent if said.lower is not None else None,
                    "upper": said.upper * percent if said.upper is not None else None,
                    "signal": signal_text(visit, said),
                    "year": change_text(visit, choice.metric, row.year),
                    "year_interval": years[at],
                    "previous": change_text(visit, choice.metric, row.previous),
                    "previous_interval": before[at],
                    "reported": row.figure.reported,
                    "due": row.figure.due,
                    "notes": "; ".join(row_notes(visit, row)),
                }
            )
    labels = _labels(visit, choice)
    frame = pd.DataFrame(found[:row_limit], columns=list(labels))
    return Exported(frame, labels, trend_filters(visit, choice))


TREND_EXPORT = Export("trends", lambda visit: visit.t("Trends"), _make)
