"""Before the first report nothing is known, which is not the same as nothing to do: pages say so."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from closedloop.queries.loading import freshness
from closedloop.ui.states import empty, unknown
from closedloop.ui.visit import Visit


def first_reported(visit: Visit, station: str | None = None) -> datetime | None:
    """When the earliest source begins, where the moment looked at lies before all of them; else None.

    Of one station where one is given or chosen. None as well where no load has said what it covers.
    """
    sources = visit.ask_rows(freshness, station=station or visit.station)
    if any(row["known_until"] for row in sources):
        return None
    return min((row["covered_from"] for row in sources if row["covered_from"]), default=None)


def nothing_here(visit: Visit, message: str, station: str | None = None) -> None:
    """A section without rows: all is well, or no report reaches the moment, and then nobody can say so."""
    if first_reported(visit, station) is None:
        empty(message)
    else:
        unknown(visit.t("Not reported: no data reach this moment."))


def say_where_data_begin(visit: Visit, station: str | None = None) -> None:
    """A notice on a page whose moment lies before everything that was reported; nothing on any other."""
    begin = first_reported(visit, station) if visit.is_past else None
    if begin is not None:
        st.warning(
            visit.t(
                "Nothing is known of {moment}: what was reported begins at {begin}. What is missing here is "
                "not zero.",
                moment=visit.texts.moment(visit.as_of),
                begin=visit.texts.moment(begin),
            ),
            title=visit.t("Not reported"),
            icon=":material/help:",
        )
