"""The open list as a table: sortable by what the columns mean, each number leading to its item."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from closedloop.ui.open_list import SEVERITIES, column_labels, display_frame
from closedloop.ui.registry import ITEM
from closedloop.ui.visit import Visit

_KEY = "open_item"
#: Rows up to which the list is as high as its rows; a longer one scrolls.
_SHORT = 18
#: Pixels: up to the due moment and how long it is passed, the columns fit beside the sidebar of a screen of
#: 1440 without scrolling, in both languages.
_WIDTHS = {
    "item": 112,
    "chance": 150,
    "severity": 84,
    "title": 240,
    "due_at": 132,
    "standing": 92,
    "overdue_days": 116,
    "target": 128,
    "station": 118,
    "holder": 130,
    "days_left": 92,
    "age_days": 92,
}
_TEXTS = ("standing", "loop", "title", "station", "stage", "holder", "target", "missing")
_BADGES = ["red", "orange", "blue", "gray"]


def _follow(items: tuple[str, ...], shared: dict[str, str]) -> None:
    click = st.session_state.get(_KEY)
    if click is not None and 0 <= click["row"] < len(items):
        st.switch_page(str(ITEM.file), query_params={**shared, "item": items[click["row"]]})


def open_table(visit: Visit, frame: pd.DataFrame) -> None:
    """Show ``queries.standing.open_items``, or ``ui.likely.likely_items``."""
    labels = column_labels(visit)
    table = display_frame(visit, frame)
    names = [visit.names.severity(None if s == "none" else s) for s in SEVERITIES]
    if visit.identity.station_id is not None:
        table = table.drop(columns=["station"])
    table["severity"] = [[value] for value in table["severity"]]
    number, moment = st.column_config.NumberColumn, st.column_config.DatetimeColumn
    st.dataframe(
        table,
        hide_index=True,
        placeholder="",
        height="content" if len(table) <= _SHORT else 720,
        alt=visit.t("Open items, most likely to miss a deadline first")
        if "chance" in table
        else visit.t("Open items, worst first"),
        column_config={
            "item": st.column_config.ButtonColumn(
                labels["item"],
                width=_WIDTHS["item"],
                type="tertiary",
                pinned=True,
                alignment="left",
                key=_KEY,
                on_click=_follow,
                args=(tuple(frame["work_item_id"]), visit.shared),
            ),
            "severity": st.column_config.MultiselectColumn(
                labels["severity"], width=_WIDTHS["severity"], options=names, color=_BADGES
            ),
            **(
                {"overdue_days": number(labels["overdue_days"], width=_WIDTHS["overdue_days"], format="%.1f")}
                if "overdue_days" in table
                else {}
            ),
            "days_left": number(labels["days_left"], width=_WIDTHS["days_left"], format="%.1f"),
            "age_days": number(labels["age_days"], width=_WIDTHS["age_days"], format="%.1f"),
            "due_at": moment(labels["due_at"], width=_WIDTHS["due_at"], format="YYYY-MM-DD HH:mm"),
            "opened_at": moment(labels["opened_at"], format="YYYY-MM-DD HH:mm"),
            "returned": st.column_config.CheckboxColumn(labels["returned"]),
            **{
                column: st.column_config.TextColumn(labels[column], width=_WIDTHS.get(column))
                for column in (*_TEXTS, "chance", "basis")
                if column in table
            },
        },
    )
