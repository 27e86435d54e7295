"""波动图: which points of a line are more than chance, by which rule, in a sentence that can be repeated.

Limits are computed once for all lines of a choice. Days get none, because they follow the weekday; stocks
get none, because the open items of one week are mostly those of the week before, and the limits of such a
series call far too often. What is unfinished or not fully reported is a gap and no point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from closedloop.comparison.table import Row
from closedloop.queries.reading import rows
from closedloop.queries.trends import campaigns
from closedloop.statistics.rules import RUN
from closedloop.statistics.xmr import XmR, xmr
from closedloop.ui.metric_text import is_share, metric_name, period_name, shown, unit_name
from closedloop.ui.trend_view import Line, Trend, TrendChoice
from closedloop.ui.visit import Visit

#: A shape for every rule; the rule's word stands beside it.
SHAPES = {
    ("outside", 1): "triangle-up",
    ("outside", -1): "triangle-down",
    ("shift", 1): "diamond",
    ("shift", -1): "diamond",
    ("two_of_three", 1): "square",
    ("two_of_three", -1): "square",
    ("trend", 1): "cross",
    ("trend", -1): "cross",
}
MARKS = {"triangle-up": "▲", "triangle-down": "▼", "diamond": "◆", "square": "■", "cross": "✚"}
_RULES = ("outside", "shift", "two_of_three", "trend")


@dataclass(frozen=True)
class Told:
    """What is said of one point. ``rule`` is empty within chance; ``lower`` and ``upper`` are None where
    there are no limits, ``value`` where there is no point.
    """

    value: float | None
    lower: float | None
    centre: float | None
    upper: float | None
    rule: str = ""
    sign: int = 0
    trial: bool = False

    @property
    def shape(self) -> str:
        """The shape of the rule; empty within chance."""
        return SHAPES.get((self.rule, self.sign), "")

    @property
    def mark(self) -> str:
        """The shape as a character."""
        return MARKS.get(self.shape, "")


NOTHING = Told(None, None, None, None)


def has_limits(choice: TrendChoice) -> bool:
    """Whether limits of chance can be told at all."""
    return choice.grain != "day" and not choice.is_stock


def told_lines(visit: Visit, choice: TrendChoice, trend: Trend) -> dict[str, Sequence[Told]]:
    """What is said of every point, by the line's key; empty where :func:`has_limits` says no."""
    lines = [*([trend.whole] if trend.whole else []), *trend.parts]
    if not has_limits(choice) or not lines:
        return {}
    table = np.array([[_value(choice, row) for row in line.rows] for line in lines], dtype=float)
    chart = xmr(
        table,
        floor=0.0,
        ceiling=1.0 if is_share(choice.metric) else None,
        rebase=_rebases(visit, choice, lines[0]),
    )
    return {line.key: _told(chart, at) for at, line in enumerate(lines)}


def _value(choice: TrendChoice, row: Row) -> float:
    figure = row.figure
    counted = not is_share(choice.metric) and choice.metric["kind"] != "distribution"
    if figure.value is None or row.is_unfinished or (counted and not figure.is_complete):
        return np.nan
    return figure.value if counted or figure.n >= choice.metric["min_n"] else np.nan


def _rebases(visit: Visit, choice: TrendChoice, line: Line) -> list[int]:
    """Where a campaign that ran at all these stations began, if a run fits on either side of it."""
    frame = visit.ask(
        campaigns,
        first_day=choice.periods[0].first,
        last_day=choice.known_last,
        stations=choice.stations,
    )
    only = choice.stations[0] if len(choice.stations) == 1 else None
    found: list[int] = []
    for row in rows(frame):
        if row["only_at"] not in (None, only):
            continue
        begun = [at for at, one in enumerate(line.rows) if one.period.first <= row["starts_on"]]
        at = begun[-1] if begun else 0
        if at - (found[-1] if found else 0) >= RUN and len(line.rows) - at >= RUN:
            found.append(at)
    return found


def _told(chart: XmR, line: int) -> list[Told]:
    def number(value: float) -> float | None:
        return None if np.isnan(value) else float(value)

    found = []
    for at in range(chart.values.shape[1]):
        rule, sign = "", 0
        for name in _RULES:
            if sign == 0 and (sign := int(getattr(chart, name)[line, at])):
                rule = name
        found.append(
            Told(
                number(chart.values[line, at]),
                number(chart.lower[line, at]),
                number(chart.centre[line, at]),
                number(chart.upper[line, at]),
                rule,
                sign,
                bool(chart.trial[line, at]),
            )
        )
    return found


def rule_word(visit: Visit, told: Told) -> str:
    """The rule in words; *within chance* where none spoke, empty where nothing can be said."""
    t = visit.t
    if told.value is None or told.upper is None:
        return ""
    high = told.sign > 0
    return {
        "": t("within chance"),
        "outside": t("above the upper limit") if high else t("below the lower limit"),
        "shift": t("{count} in a row above the mean", count=RUN)
        if high
        else t("{count} in a row below the mean", count=RUN),
        "two_of_three": t("two of three close to the upper limit")
        if high
        else t("two of three close to the lower limit"),
        "trend": t("{count} in a row rising", count=RUN)
        if high
        else t("{count} in a row falling", count=RUN),
    }[told.rule]


def _figure(visit: Visit, choice: TrendChoice, value: float | None) -> str:
    # A mean of counts is no count: one decimal, or a limit of 3.4 would read as 3.
    whole = choice.metric["unit"] == "count" and value is not None and value != int(value)
    text = visit.texts.number(value, 1) if whole else shown(visit, choice.metric, value)
    return f"{text} {unit_name(visit, choice.metric['unit'])}".strip()


def limits_text(visit: Visit, choice: TrendChoice, told: Told) -> str:
    """``64.1–118.3``; a dash without limits, and beside an unfinished figure, which they are not for."""
    if told.upper is None or told.value is None:
        return "—"
    return f"{_figure(visit, choice, told.lower)}–{_figure(visit, choice, told.upper)}"


def signal_text(visit: Visit, told: Told) -> str:
    """``▲ above the upper limit``: the shape and its word."""
    return f"{told.mark} {rule_word(visit, told)}".strip() or "—"


def _when(visit: Visit, choice: TrendChoice, row: Row) -> str:
    first = row.period.first
    if choice.grain == "week":
        return visit.t("Week {number} (from {day})", number=first.isocalendar().week, day=f"{first:%m-%d}")
    return period_name(choice.grain, row.period)


def sentence(visit: Visit, choice: TrendChoice, line: Line, told: Sequence[Told]) -> str:
    """What can be said of the newest finished point, with its limits, to be repeated as it stands."""
    t = visit.t
    known = [(row, one) for row, one in zip(line.rows, told, strict=True) if one.value is not None]
    if not known:
        return t("No finished and fully reported period here: nothing can be said.")
    row, one = known[-1]
    values = {
        "when": _when(visit, choice, row),
        "name": metric_name(visit, choice.metric),
        "value": _figure(visit, choice, one.value),
    }
    if one.upper is None:
        return t("{when}, {name} {value}: too few periods for limits.", **values)
    limits = limits_text(visit, choice, one)
    if not one.rule:
        said = t("{when}, {name} {value}, limits {limits}: within chance.", limits=limits, **values)
    elif one.rule == "outside":
        bound = _figure(visit, choice, one.upper if one.sign > 0 else one.lower)
        form = (
            t("{when}, {name} {value}, above the upper limit {bound}: more than chance.")
            if one.sign > 0
            else t("{when}, {name} {value}, below the lower limit {bound}: more than chance.")
        )
        said = form.format(bound=bound, **values)
    else:
        said = t(
            "{when}, {name} {value}, {rule} (limits {limits}): more than chance.",
            rule=rule_word(visit, one),
            limits=limits,
            **values,
        )
    return f"{said} {t('The limits are trial limits: fewer than 12 periods.')}" if one.trial else said


def no_limits_text(visit: Visit, choice: TrendChoice) -> str:
    """Why a choice has no limits."""
    t = visit.t
    if choice.is_stock:
        return t(
            "No limits of chance here: what is open one week is mostly what was open the week before, and "
            "limits would call far too often."
        )
    return t("No limits of chance for days, which follow the weekday: choose weeks.")
