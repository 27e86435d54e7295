"""One place: its weeks, what was done, before and after; and what the warnings were worth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from closedloop.queries.reading import rows
from closedloop.statistics.exceedance import usual_counts
from closedloop.statistics.rates import rate_ratio
from closedloop.ui.link_list import LinkRow
from closedloop.ui.place_list import ALL, category_name
from closedloop.ui.registry import ITEM
from closedloop.ui.shares import of_n_within, share_text
from closedloop.ui.visit import Visit


@dataclass(frozen=True)
class Worth:
    """What the warnings of a year were worth, ready to be shown."""

    issued: int
    judged: int
    kept: int
    precision: str
    precision_n: str
    lead: str
    directed: int


def worth(visit: Visit, issued: pd.DataFrame) -> Worth:
    """Precision and lead time, from ``queries.places.warnings``."""
    judged = [row for row in rows(issued) if row["is_outcome_known"]]
    kept = sum(row["directive_at"] is not None or bool(row["went_on"]) for row in judged)
    leads = sorted(float(row["lead_days"]) for row in rows(issued) if row["lead_days"] is not None)
    median = float(pd.Series(leads).median()) if leads else None
    return Worth(
        issued=len(issued),
        judged=len(judged),
        kept=kept,
        precision=share_text(visit, kept, len(judged)),
        precision_n=of_n_within(visit, kept, len(judged)),
        lead="—" if median is None else visit.texts.duration(timedelta(days=median)),
        directed=len(leads),
    )


def half_text(visit: Visit, gathered: dict) -> str:
    """The share of places that makes up half of the calls."""
    return share_text(visit, int(gathered["half_of_calls"]), int(gathered["places"]))


def week_frame(visit: Visit, weeks: pd.DataFrame) -> pd.DataFrame:
    """What the chart shows: calls, expected, and between which counts nine weeks of ten lie."""
    low, high = usual_counts(weeks["shape"].astype(float), weeks["rate"].astype(float), 7)
    starts = pd.to_datetime(weeks["starts_at"], utc=True).dt.tz_convert(visit.texts.zone)
    return pd.DataFrame(
        {
            "week": starts.dt.strftime("%Y-%m-%dT%H:%M:%S"),
            "until": pd.to_datetime(weeks["ends_at"], utc=True)
            .dt.tz_convert(visit.texts.zone)
            .dt.strftime("%Y-%m-%dT%H:%M:%S"),
            "calls": weeks["calls"].astype(int),
            "expected": weeks["expected"].astype(float),
            "low": low,
            "high": high,
            "usual": [
                "—" if first != first else f"{int(first)}–{int(last)}"
                for first, last in zip(low, high, strict=True)
            ],
        }
    )


def week_marks(visit: Visit, issued: pd.DataFrame, actions: pd.DataFrame) -> list[dict]:
    """The warnings and directives of the weeks shown, as rules of the chart."""
    zone, since = visit.texts.zone, visit.as_of - timedelta(days=364)
    found = [(visit.t("Warning"), row["issued_at"]) for row in rows(issued) if row["category"] == ALL]
    found += [
        (visit.t("Directive"), row["opened_at"])
        for row in rows(actions)
        if row["source_table"] == "directives"
    ]
    return [
        {"label": label, "day": at.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S")}
        for label, at in found
        if at > since
    ]


def action_rows(visit: Visit, actions: pd.DataFrame) -> list[LinkRow]:
    """What was set in motion about a place; each leads to its item."""
    t, names = visit.t, visit.names
    return [
        LinkRow(
            title=row["title"] or row["item_no"],
            recorded=True,
            page=ITEM,
            params={"item": row["work_item_id"]},
            mark=names.severity(row["severity"]) if row["severity"] else "",
            tone=row["severity"] or "none",
            standing=t("still open") if row["is_open"] else t("closed"),
            urgent=bool(row["is_open"]),
            facts=(
                names.loop(row["loop"]),
                names.stage(row["loop"], row["stage"]),
                visit.texts.moment(row["opened_at"]),
            ),
        )
        for row in rows(actions)
    ]


def change_text(visit: Visit, change: dict) -> str:
    """Before and after the first directive as a sentence, with the exact interval of the ratio."""
    t, texts = visit.t, visit.texts
    before, after = int(change["calls_before"]), int(change["calls_after"])
    days_before, days_after = float(change["days_before"]), float(change["days_after"])
    if days_before < 30 or days_after < 30:
        return t("Fewer than 30 days on one side of the directive: too early to compare.")
    ratio = rate_ratio(after, days_after, before, days_before)
    said = t(
        "First directive on {day}. Before: {before} calls in {days_before} days, {rate_before} in 30 days. "
        "After: {after} calls in {days_after} days, {rate_after} in 30 days.",
        day=texts.day(change["directive_at"].astimezone(texts.zone).date()),
        before=before,
        days_before=round(days_before),
        rate_before=texts.number(before / days_before * 30, 1),
        after=after,
        days_after=round(days_after),
        rate_after=texts.number(after / days_after * 30, 1),
    )
    if not before and not after:
        return said
    upper = float(ratio.upper)
    interval = t(
        "Ratio {ratio} (95%: {lower} to {upper}): {verdict}.",
        ratio=texts.number(float(ratio.ratio), 2) if before else "—",
        lower=texts.number(float(ratio.lower), 2),
        upper=texts.number(upper, 2) if upper < float("inf") else "∞",
        verdict=t("within chance")
        if bool(ratio.within_chance)
        else t("fewer than before")
        if upper < 1
        else t("more than before"),
    )
    return f"{said} {interval}"


def category_words(visit: Visit, found: pd.DataFrame) -> str:
    """What the calls of the last 52 weeks were about, most frequent first."""
    return " · ".join(
        f"{category_name(visit, row['category'])} {int(row['calls_of_year'])}" for row in rows(found)
    )
