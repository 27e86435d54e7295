"""Catalogue: what every metric, finding rule, loop and deadline means."""

import streamlit as st

from closedloop.queries.catalogues import finding_rules, loop_stages, policies
from closedloop.queries.metrics import catalogue
from closedloop.ui.catalogue_view import loops_table, metrics_html, policies_table, rules_table
from closedloop.ui.exports.links import download_links
from closedloop.ui.registry import CATALOGUE, page_title
from closedloop.ui.visit import current

visit = current()
t = visit.t

st.title(page_title(CATALOGUE, visit.texts, visit.identity))
st.caption(t("What the figures mean, and what they do not know. A metric's name leads to its trend."))

with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    st.subheader(t("Metrics"), width="content")
    st.html(download_links(visit, "metrics"))
st.html(metrics_html(visit, visit.ask(catalogue)))

st.subheader(t("Finding rules"))
st.html(rules_table(visit, visit.ask(finding_rules)))

st.subheader(t("Loops"))
st.html(loops_table(visit, visit.ask(loop_stages)))

with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    st.subheader(t("Deadlines"), width="content")
    st.html(download_links(visit, "policies"))
st.caption(
    t(
        "A limit belongs to the moment it started to run; a new one is a new row with a later validity. "
        "Assumed: no source gives it."
    )
)
st.html(policies_table(visit, visit.ask(policies)))
