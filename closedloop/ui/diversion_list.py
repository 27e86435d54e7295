"""The list of diversions: which of them, and its columns; shared by the page and its download."""

from __future__ import annotations

import pandas as pd

from closedloop.queries.diversions import VIEWS
from closedloop.ui import filters
from closedloop.ui.diversion_view import member_name, step_name
from closedloop.ui.exports.model import Params
from closedloop.ui.register_table import local_times
from closedloop.ui.visit import Visit


def read_view(params: Params) -> str:
    """The part of the list an address asks for."""
    return filters.one_of(params.get("view"), VIEWS, "waiting") or "waiting"


def view_name(visit: Visit, view: str) -> str:
    """The name of a part of the list."""
    if view == "waiting":
        return visit.t("All not yet fed back, whenever sent")
    return visit.t("All sent in the period") if view == "sent" else step_name(visit, view)


def _yes(visit: Visit, value: object) -> str:
    if value is None or value != value:
        return visit.t("not yet known")
    return visit.t("yes") if value else visit.t("no")


def display_frame(visit: Visit, items: pd.DataFrame) -> pd.DataFrame:
    """``queries.diversions.diversion_items`` with names instead of ids and local times."""
    names = visit.names
    stages = [
        names.stage("diversion", stage) if status != "cancelled" else visit.t("Cancelled")
        for stage, status in zip(items["stage"], items["status"], strict=True)
    ]
    return pd.DataFrame(
        {
            "item": items["item_no"],
            "category": [member_name(visit, "category", c) for c in items["category"]],
            "department": [names.name("department", d) for d in items["department_id"]],
            "now_with": [names.name("department", d) for d in items["current_department_id"]],
            "stage": stages,
            "station": [names.station(s) for s in items["station_id"]],
            "sent_at": local_times(visit, items["sent_at"]),
            "age_days": items["age_days"].astype("float64"),
            "accepted_at": local_times(visit, items["accepted_at"]),
            "finished_at": local_times(visit, items["finished_at"]),
            "fed_back_at": local_times(visit, items["fed_back_at"]),
            "returns": items["returns"].astype("int64"),
            "called_72h": [_yes(visit, value) for value in items["called_72h"]],
            "called_30d": [_yes(visit, value) for value in items["called_30d"]],
        }
    )


def column_labels(visit: Visit) -> dict[str, str]:
    """Header of each column of :func:`display_frame`."""
    t = visit.t
    return {
        "item": t("Number"),
        "category": t("Kind"),
        "department": t("First sent to"),
        "now_with": t("Department now"),
        "stage": t("Stage reached"),
        "station": t("Station"),
        "sent_at": t("Sent at"),
        "age_days": t("Days since sent"),
        "accepted_at": t("Accepted at"),
        "finished_at": t("Done at"),
        "fed_back_at": t("Fed back at"),
        "returns": t("Times returned"),
        "called_72h": step_name(visit, "called_72h"),
        "called_30d": step_name(visit, "called_30d"),
    }
