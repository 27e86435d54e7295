"""The list of disputes: which of them, and its columns; shared by the page and its download."""

from __future__ import annotations

import pandas as pd

from closedloop.queries.disputes import OUTCOMES
from closedloop.ui import filters
from closedloop.ui.dispute_view import outcome_name
from closedloop.ui.exports.model import Params
from closedloop.ui.register_table import local_times
from closedloop.ui.visit import Visit

VIEWS = ("unresolved", "found", *OUTCOMES)


def read_view(params: Params) -> str:
    """The part of the list an address asks for."""
    return filters.one_of(params.get("view"), VIEWS, "unresolved") or "unresolved"


def view_name(visit: Visit, view: str) -> str:
    """The name of a part of the list."""
    t = visit.t
    if view == "unresolved":
        return t("All open ones, whenever found")
    return t("All found in the period") if view == "found" else outcome_name(visit, view)


def category_name(visit: Visit, category: str) -> str:
    """A category, or that it is none of the catalogue's."""
    return visit.t("Unclassified") if category == "unclassified" else visit.names.name("category", category)


def display_frame(visit: Visit, items: pd.DataFrame) -> pd.DataFrame:
    """``queries.disputes.dispute_items`` with names instead of ids and local times."""
    names = visit.names
    return pd.DataFrame(
        {
            "item": items["item_no"],
            "severity": [names.severity(s) for s in items["severity"]],
            "category": [category_name(visit, c) for c in items["category"]],
            "outcome": [outcome_name(visit, o) for o in items["outcome"]],
            "station": [names.station(s) for s in items["station_id"]],
            "found_at": local_times(visit, items["found_at"]),
            "age_days": items["age_days"].astype("float64"),
            "due_at": local_times(visit, items["conclude_due_at"]),
            "visited_at": local_times(visit, items["first_mediated_at"]),
            "rounds": items["rounds"].astype("int64"),
            "escalations": items["escalations"].astype("int64"),
            "concluded_at": local_times(visit, items["first_concluded_at"]),
            "reopened_at": local_times(visit, items["reopened_at"]),
            "calls_30d": items["calls_30d"].astype("Int64"),
            "calls_90d": items["calls_90d"].astype("Int64"),
        }
    )


def column_labels(visit: Visit) -> dict[str, str]:
    """Header of each column of :func:`display_frame`."""
    t = visit.t
    return {
        "item": t("Number"),
        "severity": t("Colour"),
        "category": t("Kind"),
        "outcome": t("What became of it"),
        "station": t("Station"),
        "found_at": t("Found at"),
        "age_days": t("Days since found"),
        "due_at": t("First deadline to conclude"),
        "visited_at": t("First visit"),
        "rounds": t("Mediations"),
        "escalations": t("Escalations"),
        "concluded_at": t("First concluded"),
        "reopened_at": t("Reopened"),
        "calls_30d": t("Calls from the place, 30 days after"),
        "calls_90d": t("Calls from the place, 90 days after"),
    }
