"""Disputes as figures, bars and tables; 化解 and 稳控 stand side by side and are never added."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pandas as pd

from closedloop.charts.theme import OUTCOMES as COLOURS
from closedloop.queries.reading import rows
from closedloop.ui import filters
from closedloop.ui.exports.model import Params
from closedloop.ui.reporting import Reporting
from closedloop.ui.shares import interval_text, share_text
from closedloop.ui.visit import Visit

#: What the figures of a dispute rest on.
SOURCES = ("disputes", "loop_events")
SEVERITIES = ("red", "yellow", "blue", None)
#: A part of a bar narrower than this share of the longest bar has no room for its number.
_ROOM = 0.05


def outcome_name(visit: Visit, outcome: str) -> str:
    """What became of a dispute, in words."""
    t = visit.t
    return {
        "resolved": t("Resolved"),
        "stabilised": t("Held stable"),
        "litigation": t("Taken to court"),
        "transferred": t("Handed over"),
        "other": t("Ended otherwise"),
        "open": t("Still open"),
        "cancelled": t("Cancelled"),
    }[outcome]


def splits(visit: Visit) -> dict[str, str]:
    """What disputes can be split by; a station head has one station."""
    t = visit.t
    names = {"category": t("Kind"), "severity": t("Colour")}
    return {**names, "station": t("Station")} if visit.leads else names


def read_split(params: Params, visit: Visit) -> str:
    """The split an address asks for."""
    return filters.one_of(params.get("by"), tuple(splits(visit)), "category") or "category"


def _members(visit: Visit, split: str) -> tuple[str | None, ...]:
    if split == "severity":
        return SEVERITIES
    if split == "station":
        return (visit.station,) if visit.station else visit.names.stations()
    return (*visit.names.ids("category", "dispute"), "unclassified")


def _member_name(visit: Visit, split: str, member: str | None) -> str:
    if split == "severity":
        return visit.names.severity(member)
    if split == "station":
        return visit.names.station(member)
    return visit.t("Unclassified") if member == "unclassified" else visit.names.name("category", member)


def total(found: pd.DataFrame) -> dict | None:
    """The row for all of ``queries.disputes.found_disputes``; None when nothing was found."""
    return next((row for row in rows(found) if row["dimension"] == "all"), None)


def _split_rows(visit: Visit, found: pd.DataFrame, split: str) -> list[tuple[str | None, dict | None]]:
    """Members in fixed order with their row. Stations stand there without one too: 0, or not reported."""
    by_member = {row["member"]: row for row in rows(found[found["dimension"] == split])}
    return [
        (member, by_member.get(member))
        for member in _members(visit, split)
        if member in by_member or (split == "station" and member != "UNASSIGNED")
    ]


def outcome_frame(visit: Visit, found: pd.DataFrame, split: str) -> pd.DataFrame:
    """``member``, ``part``, ``place``, ``items``, ``label``: what the bars show, without the cancelled."""
    split_rows = [(m, row) for m, row in _split_rows(visit, found, split) if row is not None]
    longest = max((int(row["counted"]) for _, row in split_rows), default=0)
    return pd.DataFrame(
        [
            {
                "member": _member_name(visit, split, member),
                "part": outcome_name(visit, outcome),
                "place": place,
                "items": int(row[outcome]),
                "label": str(row[outcome]) if row[outcome] >= max(1, _ROOM * longest) else "",
            }
            for member, row in split_rows
            for place, outcome in enumerate(COLOURS)
            if row[outcome]
        ],
        columns=["member", "part", "place", "items", "label"],
    )


def outcome_colours(visit: Visit, frame: pd.DataFrame) -> dict[str, str]:
    """Colour by name of the parts that occur, in their fixed order."""
    present = set(frame["part"])
    named = {outcome_name(visit, outcome): colour for outcome, colour in COLOURS.items()}
    return {name: colour for name, colour in named.items() if name in present}


def days_text(visit: Visit, days: float | None) -> str:
    """Days as the page says them."""
    return visit.texts.duration(None if days is None else timedelta(days=float(days)))


def hours_text(visit: Visit, hours: float | None) -> str:
    """Hours as the page says them."""
    return visit.texts.duration(None if hours is None else timedelta(hours=float(hours)))


def split_table(
    visit: Visit,
    found: pd.DataFrame,
    afterwards: pd.DataFrame,
    split: str,
    reported: Reporting,
) -> pd.DataFrame:
    """One row per member in fixed order. A station that has not reported has no figures, and says so."""
    after = {
        (row["member"], int(row["days"])): row
        for row in rows(afterwards[afterwards["dimension"] == "station"])
    }
    table = []
    for member, row in _split_rows(visit, found, split):
        silent = split == "station" and reported.is_silent(str(member))
        counts: Mapping = row or ({} if silent else dict.fromkeys(("found", "counted", *COLOURS), 0))
        line = {
            "member": _member_name(visit, split, member),
            "found": counts.get("found"),
            "counted": counts.get("counted"),
            **{outcome: counts.get(outcome) for outcome in COLOURS},
            "share": share_text(visit, counts.get("resolved"), counts.get("counted")),
            "interval": interval_text(counts.get("resolved"), counts.get("counted")),
            "first_visit": counts.get("median_hours_to_first_visit"),
            "days": counts.get("median_days_resolved"),
            "days_of_all": counts.get("median_days_of_all"),
            "escalated": counts.get("escalated", None if silent else 0),
        }
        if split == "station":
            for days in (30, 90):
                came = after.get((member, days), {})
                line[f"reopened_{days}"] = share_text(visit, came.get("reopened"), came.get("resolved"))
                line[f"called_{days}"] = share_text(visit, came.get("called_again"), came.get("with_place"))
            line["reported"] = reported.text(str(member))
        table.append(line)
    # Nobody found and nothing to tell apart by: no row, and the columns all the same.
    frame = pd.DataFrame(table, columns=None if table else list(split_labels(visit, split)))
    for column in ("found", "counted", "escalated", *COLOURS):
        frame[column] = frame[column].astype("Int64")
    for column in ("first_visit", "days", "days_of_all"):
        frame[column] = frame[column].astype("float64")
    return frame


def split_labels(visit: Visit, split: str) -> dict[str, str]:
    """Header of each column of :func:`split_table`."""
    t = visit.t
    labels = {
        "member": splits(visit)[split],
        "found": t("Found"),
        "counted": t("Not cancelled (n)"),
        **{outcome: outcome_name(visit, outcome) for outcome in COLOURS},
        "share": t("Resolved ÷ n"),
        "interval": t("95% interval"),
        "first_visit": t("First visit after (median hours)"),
        "days": t("Days to resolve (median of the resolved)"),
        "days_of_all": t("Days to resolve (median of all)"),
        "escalated": t("Escalated"),
        "reported": t("Loaded until"),
    }
    for days in (30, 90):
        labels[f"reopened_{days}"] = t("Reopened within {days} days", days=days)
        labels[f"called_{days}"] = t("Called again within {days} days", days=days)
    return labels


def afterwards_total(afterwards: pd.DataFrame, days: int) -> dict:
    """The row for all of ``queries.disputes.after_resolution`` and one length; empty when none is known."""
    whole = rows(afterwards[afterwards["dimension"] == "all"])
    return next((row for row in whole if row["days"] == days), {})
