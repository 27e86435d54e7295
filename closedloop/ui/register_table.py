"""A list of items as a table whose numbers lead to the items, and a table of counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from closedloop.ui.registry import ITEM
from closedloop.ui.visit import Visit

#: Rows up to which a table is as high as its rows; a longer one scrolls.
_SHORT = 18
_HIGH = 600


def local_times(visit: Visit, moments: pd.Series) -> pd.Series:
    """Moments as the warehouse's local time, so that a table and a spreadsheet sort them."""
    return pd.to_datetime(moments, utc=True).dt.tz_convert(visit.texts.zone).dt.tz_localize(None)


def _follow(key: str, items: tuple[str, ...], shared: dict[str, str]) -> None:
    click = st.session_state.get(key)
    if click is not None and 0 <= click["row"] < len(items):
        st.switch_page(str(ITEM.file), query_params={**shared, "item": items[click["row"]]})


def _column(label: str, values: pd.Series) -> Any:
    if pd.api.types.is_datetime64_any_dtype(values):
        return st.column_config.DatetimeColumn(label, format="YYYY-MM-DD HH:mm")
    if pd.api.types.is_float_dtype(values):
        # One decimal, unless it would make nothing of something.
        small = (values.round(1) == 0) & (values != 0)
        return st.column_config.NumberColumn(label, format="%.2f" if small.any() else "%.1f")
    if pd.api.types.is_integer_dtype(values):
        return st.column_config.NumberColumn(label)
    return st.column_config.TextColumn(label)


def item_table(
    visit: Visit,
    items: Sequence[str],
    table: pd.DataFrame,
    labels: Mapping[str, str],
    *,
    key: str,
    alt: str,
) -> None:
    """Show ``table``, whose column ``item`` is the number shown for each of ``items`` and leads there."""
    st.dataframe(
        table,
        hide_index=True,
        placeholder="",
        height="content" if len(table) <= _SHORT else _HIGH,
        alt=alt,
        column_config={
            **{name: _column(labels[name], table[name]) for name in table.columns if name != "item"},
            "item": st.column_config.ButtonColumn(
                labels["item"],
                type="tertiary",
                pinned=True,
                alignment="left",
                key=key,
                on_click=_follow,
                args=(key, tuple(items), visit.shared),
            ),
        },
    )


def count_table(visit: Visit, table: pd.DataFrame, labels: Mapping[str, str], *, alt: str) -> None:
    """Show a table of counts; what is not known is an empty cell."""
    st.dataframe(
        table,
        hide_index=True,
        placeholder="",
        height="content" if len(table) <= _SHORT else _HIGH,
        alt=alt,
        column_config={
            name: st.column_config.TextColumn(labels[name], pinned=True)
            if position == 0
            else _column(labels[name], table[name])
            for position, name in enumerate(table.columns)
        },
    )
