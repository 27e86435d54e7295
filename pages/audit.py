"""Traces: who came in, opened, took away, granted, loaded and built. For auditors."""

import json

import pandas as pd
import streamlit as st

from closedloop.access.traces import read
from closedloop.ui import visit as visits
from closedloop.ui.states import empty

SHOWN = 1000

visit = visits.current()
t, texts = visit.t, visit.texts
st.title(t("Traces"))
st.caption(t("Append-only. Newest first; a name or a kind of event narrows the list."))
about = st.text_input(t("Who, or what"), key="about", max_chars=255).strip() or None
# Traces are of now, whatever moment the figures are of.
now = pd.Timestamp.now(tz=texts.zone).to_pydatetime()
found = read(visit.identity.issuer, visit.identity.subject, now - pd.Timedelta(days=31), now, about, SHOWN)
if not found:
    empty(t("Nothing was traced in the last 31 days."))
else:
    st.dataframe(
        pd.DataFrame(
            [
                {
                    t("At"): texts.moment(row["at"]),
                    t("Event"): row["event"],
                    t("Who"): row["subject"] or "—",
                    t("Role"): row["role"] or "—",
                    t("Place"): row["place"] or "—",
                    t("Details"): json.dumps(row["detail"], ensure_ascii=False),
                }
                for row in found
            ]
        ),
        hide_index=True,
        height=620,
    )
    if len(found) >= SHOWN:
        st.caption(t("Only the first {count} are shown.", count=f"{SHOWN:,}"))
