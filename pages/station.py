"""Station: one station on one page, which prints on one sheet."""

import streamlit as st

from closedloop.queries.loading import freshness
from closedloop.queries.loops import closed_in_period
from closedloop.queries.standing import OpenFilter, open_items, standing_counts
from closedloop.queries.station import open_findings_by_rule, station_facts, station_registers
from closedloop.ui.cards import Explanation, heading
from closedloop.ui.exports.links import download_links
from closedloop.ui.link_list import link_list
from closedloop.ui.metric_cards import metric_cards
from closedloop.ui.names import UNASSIGNED
from closedloop.ui.print_style import put_print_style
from closedloop.ui.reach import first_reported, nothing_here
from closedloop.ui.registry import OPEN, STATION, page_title
from closedloop.ui.standing_view import item_rows
from closedloop.ui.states import unknown
from closedloop.ui.station_view import (
    coverage_table,
    findings_table,
    loops_table,
    registers_html,
    station_choices,
)
from closedloop.ui.visit import current

#: Items on the sheet; the list has them all.
WORST = 8

visit = current()
t, texts, names = visit.t, visit.texts, visit.names
station = visit.station or visit.identity.station_id
latest = texts.moment(visit.known_until)

if station is None or station == UNASSIGNED:
    st.title(page_title(STATION, texts, visit.identity))
    st.caption(t("Choose a station. They stand in the bureau's fixed order, which is no ranking."))
    link_list(
        visit, station_choices(visit, visit.ask_rows(standing_counts)), key="stations", label=t("Stations")
    )
    st.stop()

put_print_style()
since, until = visit.period
period = {"since": since, "until": until, "station": station}
facts = next(iter(visit.ask_rows(station_facts, station=station)))
counts = visit.ask_rows(standing_counts, station=station)

st.title(names.station(station))
st.caption(
    t(
        "{bureau} · as of {as_of} · loaded until {latest} · period {first} to {last} (calendar days)",
        bureau=names.name("bureau", facts["bureau_id"]),
        as_of=texts.moment(visit.as_of),
        latest=latest,
        first=texts.day(visit.first_day),
        last=texts.day(visit.last_day),
    )
)

heading(
    visit,
    t("Loops"),
    Explanation(
        t(
            "Open, overdue, due soon and not yet known as of the moment shown; closings of the period, with "
            "the median from opening to closing."
        ),
        known_until=latest,
    ),
    key="loops",
)
closed = visit.ask(closed_in_period, **period)
if counts or len(closed):
    st.html(loops_table(visit, station, counts, closed))
else:
    nothing_here(visit, t("Nothing is open here, and nothing was closed in the period."), station)

worst = visit.ask(open_items, wanted=OpenFilter(station=station), row_limit=WORST)
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    st.subheader(t("Open items, worst first"), width="content")
    with st.container(key="screen_open", horizontal=True, vertical_alignment="center", width="content"):
        st.page_link(
            str(OPEN.file),
            label=t("All open items"),
            icon=":material/arrow_forward:",
            icon_position="right",
            query_params={**visit.shared, "station": station},
        )
        st.html(download_links(visit, "open"))
if worst.empty:
    nothing_here(visit, t("Nothing is open here."), station)
else:
    link_list(visit, item_rows(visit, worst), key="worst", label=t("Open items, worst first"))

heading(
    visit,
    t("Disputes, diversions, volunteers"),
    Explanation(
        t(
            "Of the period, except what is open now and the volunteer posts. Stabilised is not resolved; a "
            "diversion is not a result; volunteers are counts, never people."
        ),
        known_until=latest,
    ),
    key="registers",
)
if first_reported(visit, station) is None:
    st.html(registers_html(visit, facts, next(iter(visit.ask_rows(station_registers, **period)))))
else:
    unknown(t("Not reported: no data reach this moment."))

st.subheader(t("Metrics and their course"))
metric_cards(visit, station=station)

left, right = st.columns([3, 2], gap="medium")
with left:
    heading(
        visit,
        t("Findings to mend"),
        Explanation(
            t("What is wrong or missing in the records and was not mended by the moment shown, by rule."),
            known_until=latest,
        ),
        key="findings",
    )
    findings = visit.ask(open_findings_by_rule, station=station)
    if findings.empty:
        nothing_here(visit, t("Nothing waits to be mended."), station)
    else:
        st.html(findings_table(visit, findings))
with right:
    heading(
        visit,
        t("Loaded until, by source"),
        Explanation(t("What this station did not report is missing from every figure; it is not zero.")),
        key="coverage",
    )
    sources = visit.ask(freshness, station=station)
    if sources.empty:
        unknown(t("No load has said yet what it covers."))
    else:
        st.html(coverage_table(visit, sources))
