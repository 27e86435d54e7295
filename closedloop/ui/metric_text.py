"""A metric's figures in words: names, values, changes, and why there is none."""

from __future__ import annotations

from collections.abc import Mapping

from closedloop.comparison.change import Change
from closedloop.comparison.daily import Figure
from closedloop.comparison.periods import Grain, Span
from closedloop.comparison.table import Row
from closedloop.ui.visit import Visit


def metric_name(visit: Visit, metric: Mapping) -> str:
    """The metric's name."""
    return visit.texts.pick(metric["name_zh"], metric["name_en"])


def decimals_of(metric: Mapping) -> int:
    """How many decimals the metric is written with."""
    return len(str(metric["format"]).rstrip("%").partition(".")[2])


def is_share(metric: Mapping) -> bool:
    """True for a share, kept as 0 to 1 and shown in percent."""
    return metric["unit"] == "percent"


def shown(visit: Visit, metric: Mapping, value: float | None) -> str:
    """A value as its metric wants it: ``0.0%`` a share in percent, ``0.0`` one decimal, ``0`` none."""
    if value is None:
        return "—"
    if str(metric["format"]).endswith("%"):
        return f"{value * 100:,.{decimals_of(metric)}f}%"
    return visit.texts.number(value, decimals_of(metric))


def unit_name(visit: Visit, unit: str) -> str:
    """What stands behind a figure: minutes and hours; nothing behind counts and shares."""
    return {"minutes": visit.t("min"), "hours": visit.t("h")}.get(unit, "")


def kind_name(visit: Visit, kind: str) -> str:
    """The kind of a metric, and what that does to its figures."""
    t = visit.t
    return {
        "flow": t("flow: adds over days and stations"),
        "stock": t("stock: the last day of a period counts"),
        "cohort": t("cohort: shown once mature"),
        "distribution": t("distribution: median of the observations"),
    }.get(kind, kind)


def polarity_name(visit: Visit, polarity: str) -> str:
    """Which way is better, if any."""
    t = visit.t
    return {
        "up_good": t("higher is better"),
        "down_good": t("lower is better"),
        "neutral": t("neither way is better"),
    }.get(polarity, polarity)


def unit_label(visit: Visit, unit: str) -> str:
    """The unit, as the catalogue says it."""
    t = visit.t
    return {
        "count": t("count"),
        "percent": t("percent"),
        "minutes": t("minutes"),
        "hours": t("hours"),
    }.get(unit, unit)


def grain_name(visit: Visit, grain: str) -> str:
    """Day, week or month."""
    t = visit.t
    return {"day": t("Day"), "week": t("Week"), "month": t("Month")}[grain]


def period_name(grain: Grain, period: Span) -> str:
    """``2025-04-24``, the Monday of a week, ``2025-04``: equal widths, sorted by time."""
    return f"{period.first:%Y-%m}" if grain == "month" else period.first.isoformat()


def _base_text(visit: Visit, metric: Mapping, figure: Figure | None) -> str:
    if figure is None:
        return "—"
    number = visit.texts.number
    if is_share(metric):
        return f"{number(figure.numerator)}/{number(figure.n)}"
    return number(figure.numerator)


def change_text(visit: Visit, metric: Mapping, change: Change) -> str:
    """``+12.3%``, ``-1.2 个百分点``, ``12 → 15`` for a small base, a dash where there is nothing to say."""
    if change.kind == "percent":
        return f"{change.value:+.1%}"
    if change.kind == "points" and change.value is not None:
        return visit.t("{points} pp", points=f"{change.value * 100:+.1f}")
    if change.kind == "difference":
        text = f"{change.value:+.{decimals_of(metric)}f}"
        return f"{text} {unit_name(visit, metric['unit'])}".strip()
    if change.kind == "counts":
        return f"{_base_text(visit, metric, change.base)} → {_base_text(visit, metric, change.this)}"
    return "—"


def change_notes(visit: Visit, change: Change) -> list[str]:
    """Why there is no comparison, or what is special about it."""
    t = visit.t
    if change.kind == "none":
        reason = {
            "with_february": t("January is compared together with February (Spring Festival)"),
            "festival_base": t("a year before, these days fell into the Spring Festival"),
            "festival_unknown": t("the table of Spring Festivals does not reach here"),
            "no_base": t("nothing known so far back"),
            "not_reported": t("too many days not reported"),
            "base_zero": t("the base is 0"),
            "few": t("too few observations"),
        }.get(change.reason, change.reason)
        return [reason]
    notes = {
        "jan_feb": t("January and February together"),
        "festival": t("aligned by the Spring Festival"),
        "near_festival": t("Spring Festival on one side"),
        "leap": t("one side has a 29 February"),
        "incomplete": t("days not reported"),
        "paired": ""
        if change.this is None
        else t(
            "only what both sides reported ({reported} of {due} station-days)",
            reported=visit.texts.number(change.this.reported),
            due=visit.texts.number(change.this.due),
        ),
    }
    return [notes[note] for note in change.notes if notes.get(note)]


def unfinished_text(visit: Visit, row: Row) -> str:
    """How much of the period is over; empty for a whole one."""
    if not row.is_unfinished:
        return ""
    return visit.t(
        "{days} of {all} days so far, compared with the same days",
        days=row.shown.days,
        all=row.period.days,
    )


def row_notes(visit: Visit, row: Row, of_period: bool = True) -> list[str]:
    """What is special about a period: unfinished, not fully reported; then its comparisons.

    Without ``of_period``, only what is special about this line: a table of one period says the rest once.
    """
    t = visit.t
    found = [unfinished_text(visit, row)] if of_period and row.is_unfinished else []
    if not row.figure.is_complete:
        found.append(
            t(
                "{reported} of {due} station-days reported",
                reported=visit.texts.number(row.figure.reported),
                due=visit.texts.number(row.figure.due),
            )
        )
    for label, change in ((t("on the year"), row.year), (t("on the period before"), row.previous)):
        said = change_notes(visit, change)
        if said:
            found.append(f"{label}: {', '.join(said)}")
    return found
