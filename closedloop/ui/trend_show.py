"""A trend as charts and tables: what each shows of the lines, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from urllib.parse import parse_qsl

import pandas as pd

from closedloop.charts.trend import Band, Words, small_multiples, trend
from closedloop.comparison.daily import Figure
from closedloop.comparison.periods import Span
from closedloop.comparison.table import Row
from closedloop.queries.reading import rows
from closedloop.queries.trends import campaigns
from closedloop.ui import filters
from closedloop.ui.change_interval import change_intervals
from closedloop.ui.html_table import Cell, html_table, number
from closedloop.ui.metric_text import (
    change_text,
    decimals_of,
    is_share,
    metric_name,
    period_name,
    row_notes,
    shown,
    unfinished_text,
    unit_name,
)
from closedloop.ui.registry import LOOPS, OPEN, STATION
from closedloop.ui.trend_signals import NOTHING, Told, limits_text, signal_text
from closedloop.ui.trend_target import Target
from closedloop.ui.trend_view import Line, Trend, TrendChoice
from closedloop.ui.visit import Visit


def value_of(choice: TrendChoice, figure: Figure) -> float | None:
    """The figure if it may be shown: a share or a median of too few cases says nothing."""
    return None if not is_count(choice) and figure.n < choice.metric["min_n"] else figure.value


def is_count(choice: TrendChoice) -> bool:
    """True for what is counted: neither a share nor a median, so it is its own n."""
    return not is_share(choice.metric) and choice.metric["kind"] != "distribution"


def figure_text(visit: Visit, choice: TrendChoice, figure: Figure) -> str:
    """The figure with its unit; a dash where it may not be shown."""
    text = shown(visit, choice.metric, value_of(choice, figure))
    return text if text == "—" else f"{text} {unit_name(visit, choice.metric['unit'])}".strip()


def n_text(visit: Visit, choice: TrendChoice, figure: Figure) -> str:
    """What it rests on: ``37/141`` of a share, the observations of a median; a count is its own n."""
    if is_share(choice.metric):
        return f"{visit.texts.number(figure.numerator)}/{visit.texts.number(figure.n)}"
    if figure.reported == 0 and not figure.n:
        return "—"
    return visit.texts.number(figure.n)


def _frame(
    visit: Visit, choice: TrendChoice, lines: Sequence[Line], told: Mapping[str, Sequence[Told]]
) -> pd.DataFrame:
    """A row per line and period, as :mod:`closedloop.charts.trend` wants it."""
    sums = not choice.is_stock and is_count(choice)
    found = []
    for place, line in enumerate(lines):
        for row, said in zip(line.rows, told.get(line.key) or [NOTHING] * len(line.rows), strict=True):
            n = "" if is_count(choice) else f" · n {n_text(visit, choice, row.figure)}"
            found.append(
                {
                    "series": line.name,
                    "row": place,
                    "period": period_name(choice.grain, row.period),
                    "value": value_of(choice, row.figure),
                    "text": figure_text(visit, choice, row.figure),
                    "label": figure_text(visit, choice, row.figure) + n,
                    "joined": not (sums and row.is_unfinished),
                    "n": n_text(visit, choice, row.figure),
                    "notes": "; ".join(row_notes(visit, row)) or "—",
                    "unfinished": row.is_unfinished or not row.figure.is_complete,
                    "is_last": row is line.rows[-1],
                    "lower": said.lower,
                    "centre": said.centre,
                    "upper": said.upper,
                    "shape": said.shape,
                    "signal": signal_text(visit, said),
                }
            )
    frame = pd.DataFrame(found)
    for column in ("value", "lower", "centre", "upper"):
        frame[column] = frame[column].astype(float)
    return frame


def _words(visit: Visit, choice: TrendChoice) -> Words:
    t = visit.t
    return Words(
        metric=metric_name(visit, choice.metric),
        period=t("Period"),
        n="n",
        notes=t("Remarks"),
        series=t("Part") if choice.dimension else t("Station"),
        campaign=t("Campaign"),
        signal=t("Signal"),
    )


def bands_of(visit: Visit, choice: TrendChoice) -> list[Band]:
    """Campaigns as stretches of the periods they touch."""
    frame = visit.ask(
        campaigns,
        first_day=choice.periods[0].first,
        last_day=choice.known_last,
        stations=choice.stations,
    )
    found = []
    for row in rows(frame):
        run = Span(row["starts_on"], row["ends_on"] or choice.known_last)
        touched = [period for period in choice.periods if period.touches(run)]
        name = visit.texts.pick(row["name_zh"], row["name_en"])
        if row["only_at"]:
            name = f"{name} ({visit.names.station(row['only_at'])})"
        if row["is_assumed"]:
            name = visit.t("{name}, assumed", name=name)
        if touched:
            ends = [period_name(choice.grain, period) for period in (touched[0], touched[-1])]
            found.append(Band(f"{name}: {run.first} – {run.last}", *ends))
    return found


def whole_chart(
    visit: Visit,
    choice: TrendChoice,
    line: Line,
    bands: Sequence[Band],
    told: Mapping[str, Sequence[Told]],
    target: Target | None = None,
) -> tuple[pd.DataFrame, dict]:
    """Frame and specification of the line over all the stations chosen."""
    decimals = decimals_of(choice.metric)
    asked = visit.t("Asked: {target}", target=target.text) if target else ""
    spec = trend(
        [period_name(choice.grain, row.period) for row in line.rows],
        f".{decimals}%" if is_share(choice.metric) else f",.{decimals}f",
        replace(_words(visit, choice), target=asked),
        from_zero=is_count(choice),
        bands=bands,
        with_limits=bool(told),
        target=target.value if target else None,
    )
    return _frame(visit, choice, [line], told), spec


def parts_chart(
    visit: Visit,
    choice: TrendChoice,
    lines: Sequence[Line],
    bands: Sequence[Band],
    told: Mapping[str, Sequence[Told]],
) -> tuple[pd.DataFrame, dict, str]:
    """Frame and specification of the lines on shared axes, and the range that each of them spans in words."""
    frame = _frame(visit, choice, lines, told)
    known = frame["value"].dropna()
    low = 0.0 if is_count(choice) or known.empty else float(known.min())
    high = float(known.max()) if len(known) else 1.0
    periods = [period_name(choice.grain, row.period) for row in lines[0].rows]
    spec = small_multiples(
        periods,
        [line.name for line in lines],
        low,
        high,
        _words(visit, choice),
        bands=bands,
        with_signals=bool(told),
    )
    text = visit.t(
        "Each line spans {low} to {high}; the figure stands over its last period.",
        low=shown(visit, choice.metric, low),
        high=shown(visit, choice.metric, high),
    )
    return frame, spec, text


def parts_figures(visit: Visit, frame: pd.DataFrame, label: str) -> str:
    """What the lines on shared axes show: a row per period, the newest first, a column per line."""
    series = list(dict.fromkeys(frame["series"]))
    wide = frame.pivot(index="period", columns="series", values="text").iloc[::-1]
    return html_table(
        label,
        [visit.t("Period"), *series],
        [[period, *(number(str(wide.at[period, name])) for name in series)] for period in wide.index],
    )


def behind_address(visit: Visit, choice: TrendChoice, row: Row) -> str:
    """Where the items behind a figure are listed: what was open that day, or the loops in that period."""
    if choice.is_stock:
        end = datetime.combine(row.shown.last + timedelta(days=1), time(), visit.texts.zone)
        wanted = dict(parse_qsl(choice.metric["open_filter"] or ""))
        return visit.address(OPEN, **wanted, as_of=filters.format_moment(end, visit.texts.zone))
    loop = choice.metric["loop"]
    return visit.address(
        LOOPS, **{"from": row.shown.first, "to": row.shown.last}, **({"loop": loop} if loop else {})
    )


def _cells(visit: Visit, choice: TrendChoice, line: Line, row: Row, told: Sequence[Told]) -> list[Cell | str]:
    year, previous = change_intervals(visit, choice, (row.year, row.previous), line.rows)
    said = told[list(line.rows).index(row)] if told else None
    return [
        number(figure_text(visit, choice, row.figure)),
        *([] if is_count(choice) else [number(n_text(visit, choice, row.figure))]),
        *([number(limits_text(visit, choice, said)), Cell(signal_text(visit, said))] if said else []),
        number(change_text(visit, choice.metric, row.year), year),
        number(change_text(visit, choice.metric, row.previous), previous),
    ]


def _headers(visit: Visit, choice: TrendChoice, with_limits: bool) -> list[str]:
    t = visit.t
    n = [] if is_count(choice) else ["n"]
    limits = [t("Limits"), t("Signal")] if with_limits else []
    return [*n, *limits, t("On the year"), t("On the period before"), t("Remarks")]


def newest_period(visit: Visit, choice: TrendChoice, line: Line) -> str:
    """Which period the table of parts is about, and how much of it is over."""
    row = line.rows[-1]
    said = visit.t(
        "Newest period: {first} to {last}", first=visit.texts.day(row.shown.first), last=row.shown.last
    )
    return " · ".join(part for part in (said, unfinished_text(visit, row)) if part)


def periods_table(visit: Visit, choice: TrendChoice, line: Line, told: Mapping[str, Sequence[Told]]) -> str:
    """The periods of a line, the newest first, each leading to what lies behind it."""
    name = metric_name(visit, choice.metric)
    return html_table(
        visit.t("{name} by period", name=name),
        [visit.t("Period"), name, *_headers(visit, choice, bool(told))],
        [
            [
                Cell(period_name(choice.grain, row.period), behind_address(visit, choice, row)),
                *_cells(visit, choice, line, row, told.get(line.key, ())),
                "; ".join(row_notes(visit, row)),
            ]
            for row in reversed(line.rows)
        ],
    )


def parts_table(visit: Visit, choice: TrendChoice, trend: Trend, told: Mapping[str, Sequence[Told]]) -> str:
    """The newest period of every line in the fixed order; a station leads to its page."""
    name = metric_name(visit, choice.metric)
    return html_table(
        visit.t("{name}, newest period", name=name),
        [
            visit.t("Part") if choice.dimension else visit.t("Station"),
            name,
            *_headers(visit, choice, bool(told)),
        ],
        [
            [
                Cell(line.name, "" if choice.dimension else visit.address(STATION, station=line.key)),
                *_cells(visit, choice, line, line.rows[-1], told.get(line.key, ())),
                "; ".join(row_notes(visit, line.rows[-1], of_period=False)),
            ]
            for line in trend.parts
            if line.rows
        ],
    )
