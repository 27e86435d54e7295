"""A comparison of stations as a chart, a sentence and a table. A verdict is a shape and a word, no colour."""

from __future__ import annotations

import pandas as pd

from closedloop.charts.compare import compare
from closedloop.ui.compare_view import Comparison, Standing, limit_lines
from closedloop.ui.html_table import Cell, html_table, number
from closedloop.ui.metric_text import decimals_of, metric_name, shown
from closedloop.ui.registry import LOOPS, STATION
from closedloop.ui.shares import of_n
from closedloop.ui.visit import Visit

MARKS = {0: "●", 1: "◆", -1: "◆", 2: "▲", -2: "▼"}


def verdict_word(visit: Visit, one: Standing, polarity: str) -> str:
    """A verdict in words; which side is the better one only where the catalogue says that there is one."""
    t = visit.t
    if one.whole is None:
        return t("Not reported")
    if one.value is None:
        return t("too few to say (n = {n})", n=visit.texts.number(one.whole))
    if one.verdict is None:
        return t("own interval only")
    word = {
        0: t("within chance"),
        1: t("above the 95 % limit: keep an eye on it"),
        -1: t("below the 95 % limit: keep an eye on it"),
        2: t("above the 99.8 % limit: more than chance"),
        -2: t("below the 99.8 % limit: more than chance"),
    }[one.verdict]
    if not one.verdict or polarity == "neutral":
        return word
    better = (one.verdict > 0) == (polarity == "up_good")
    return f"{word} ({t('the better side') if better else t('the worse side')})"


def share_of(visit: Visit, comparison: Comparison, one: Standing) -> str:
    """The share; its two counts below the smallest n; a dash of nothing."""
    if one.value is None and one.whole:
        return f"{visit.texts.number(one.part)} / {visit.texts.number(one.whole)}"
    return shown(visit, comparison.choice.metric, one.value)


def interval_of(visit: Visit, comparison: Comparison, one: Standing) -> str:
    """Wilson's 95 % interval, ``81.0–87.1%``."""
    if one.lower is None or one.upper is None:
        return "—"
    decimals = decimals_of(comparison.choice.metric)
    return f"{one.lower * 100:.{decimals}f}–{one.upper * 100:.{decimals}f}%"


def of_whole(visit: Visit, one: Standing) -> str:
    """``578 of 581``."""
    return "—" if one.whole is None else of_n(visit, one.part or 0, one.whole)


def days_text(visit: Visit, one: Standing) -> str:
    """How many days a station did not report; empty where none is missing."""
    missing = one.due - one.days
    return (
        visit.texts.n("{count} day not reported", "{count} days not reported", missing) if missing > 0 else ""
    )


def summary(visit: Visit, comparison: Comparison) -> str:
    """The sentence to repeat: who is within chance, and who is not, by name, with n and limits."""
    t, names, metric = visit.t, visit.names, comparison.choice.metric
    judged, outside = comparison.judged, comparison.outside
    if comparison.published_days is not None and comparison.funnel is not None:
        return "; ".join(
            t(
                "{name}: {station} {share} ({counts}), city {centre}: {verdict}.",
                name=metric_name(visit, metric),
                station=names.station(one.station),
                share=shown(visit, metric, one.value),
                counts=of_whole(visit, one),
                centre=shown(visit, metric, comparison.funnel.centre),
                verdict=verdict_word(visit, one, metric["polarity"]),
            )
            for one in judged
        )
    if not outside:
        return t(
            "{name}: the {n} stations do not differ by more than chance.",
            name=metric_name(visit, metric),
            n=len(judged),
        )
    said = []
    for one in outside:
        low, high = (shown(visit, metric, limit) for limit in (one.limits or ())[2:])
        above = (one.verdict or 0) > 0
        form = (
            t("{station} {share} ({counts}), above the limit of {limit}")
            if above
            else t("{station} {share} ({counts}), below the limit of {limit}")
        )
        said.append(
            form.format(
                station=names.station(one.station),
                share=shown(visit, metric, one.value),
                counts=of_whole(visit, one),
                limit=high if above else low,
            )
        )
    return t(
        "{name}: more than chance at {outside} of {n} stations: {stations}. The others do not differ by more "
        "than chance.",
        name=metric_name(visit, metric),
        outside=len(outside),
        n=len(judged),
        stations="; ".join(said),
    )


def dispersion_text(visit: Visit, comparison: Comparison) -> str:
    """How much the stations differ beyond chance, and what that did to the limits."""
    found, t = comparison.funnel, visit.t
    if found is None or found.dispersion.phi != found.dispersion.phi:
        return ""
    if found.is_widened:
        return t(
            "Stations differ {phi} times as much as chance alone would make them; the limits are widened by "
            "that.",
            phi=f"{found.dispersion.phi:.1f}",
        )
    return t("Stations differ no more than chance alone would make them.")


def compare_chart(visit: Visit, comparison: Comparison) -> tuple[pd.DataFrame, dict]:
    """Frame (the limits) and specification. Named are the stations outside, and the one chosen."""
    t, metric = visit.t, comparison.choice.metric
    assert comparison.funnel is not None, "without one nothing is judged"
    points = [
        {
            "n": one.whole,
            "value": one.value,
            "station": visit.names.station(one.station),
            "text": shown(visit, metric, one.value),
            "of": of_whole(visit, one),
            "interval": interval_of(visit, comparison, one),
            "verdict": one.verdict,
            "word": verdict_word(visit, one, metric["polarity"]),
            "label": visit.names.station(one.station) if one.verdict or one.station == visit.station else "",
        }
        for one in comparison.judged
    ]
    titles = {
        "n": t("n (cases in the denominator)"),
        "share": metric_name(visit, metric),
        "station": t("Station"),
        "interval": t("95 % interval"),
        "verdict": t("Verdict"),
    }
    spec = compare(points, comparison.funnel.centre, f".{decimals_of(metric)}%", titles)
    return limit_lines(comparison), spec


def compare_table(visit: Visit, comparison: Comparison) -> str:
    """Stations in the fixed order; the name leads to the station, the counts to what lies behind them."""
    t, choice = visit.t, comparison.choice
    days = {"from": choice.first_day, "to": choice.last_day}
    loop = {"loop": choice.metric["loop"]} if choice.metric["loop"] else {}
    table = []
    for one in comparison.stations:
        word = verdict_word(visit, one, choice.metric["polarity"])
        mark = f"{MARKS[one.verdict]} " if one.verdict is not None else ""
        table.append(
            [
                Cell(visit.names.station(one.station), visit.address(STATION, **days, station=one.station)),
                number(share_of(visit, comparison, one)),
                Cell(
                    of_whole(visit, one),
                    visit.address(LOOPS, **days, **loop, station=one.station) if one.whole else "",
                    is_number=True,
                ),
                number(interval_of(visit, comparison, one)),
                Cell(mark + word),
                days_text(visit, one),
            ]
        )
    header = [
        t("Station"),
        metric_name(visit, choice.metric),
        "n",
        t("95 % interval"),
        t("Verdict"),
        t("Remarks"),
    ]
    return html_table(t("{name} by station", name=metric_name(visit, choice.metric)), header, table)
