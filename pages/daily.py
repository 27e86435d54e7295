"""Daily incident table 《每日警情分析表》: every incident open at the cut-off, by station, for print."""

import streamlit as st

from closedloop.ui.daily_shown import daily_shown
from closedloop.ui.daily_style import DAILY_CSS
from closedloop.ui.daily_table import SHOWN, at_cut_off, heading_html
from closedloop.ui.exports.links import download_links
from closedloop.ui.reach import nothing_here
from closedloop.ui.registry import DAILY, page_title
from closedloop.ui.signin import identity_name
from closedloop.ui.visit import current

visit = at_cut_off(current(), st.query_params)
t, texts, names = visit.t, visit.texts, visit.names

st.html(DAILY_CSS)
daily = daily_shown(visit, SHOWN)

with st.container(key="screen"):
    st.title(page_title(DAILY, texts, visit.identity))
    st.caption(
        t(
            "Every incident open at {moment}, oldest first. By default the cut-off is the last turn of the "
            "duty day; choose another moment under As of.",
            moment=texts.moment(visit.as_of),
        )
    )
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(
            texts.n("{count} open incident", "{count} open incidents", daily.incidents)
            + " · "
            + t("To print: Ctrl+P. It fits A4 landscape, a new page for each station."),
            width="content",
        )
        st.html(download_links(visit, "daily"))
    if daily.incidents >= SHOWN:
        st.warning(t("Only the first {count} are shown; the download has them all.", count=f"{SHOWN:,}"))

if not daily.incidents:
    nothing_here(visit, t("No incident was open at this moment."))
else:
    who = identity_name(visit.identity, texts, names)
    st.html(heading_html(visit, who, daily.incidents) + daily.summary)
    st.html(daily.tables)
