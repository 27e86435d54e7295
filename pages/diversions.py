"""Diversions: sent, accepted or returned, done, fed back, and called again. A transfer is not a result."""

import streamlit as st

from closedloop.charts.steps import step_bars
from closedloop.queries.diversions import VIEWS, diversion_items, sent_diversions
from closedloop.ui import filters
from closedloop.ui.cards import Explanation, heading
from closedloop.ui.chart import chart, figures_of
from closedloop.ui.diversion_cards import sent_cards
from closedloop.ui.diversion_list import column_labels, display_frame, read_view, view_name
from closedloop.ui.diversion_view import (
    SOURCES,
    read_split,
    split_labels,
    split_table,
    splits,
    step_frame,
    step_kinds,
    total,
)
from closedloop.ui.exports.links import download_links
from closedloop.ui.ignored import ignored_values, say_ignored
from closedloop.ui.period import ended_before
from closedloop.ui.register_table import count_table, item_table
from closedloop.ui.registry import DIVERSIONS, page_title
from closedloop.ui.reporting import reporting
from closedloop.ui.states import empty, unknown
from closedloop.ui.visit import current

#: More rows than anybody reads; the download has them all.
SHOWN = 500

visit = current()
t, texts = visit.t, visit.texts
since, until = visit.period
latest = texts.moment(visit.known_until)

st.title(page_title(DIVERSIONS, texts, visit.identity))
st.caption(
    t(
        "Diversions sent from {first} to {last} (calendar days), and how far they had come at {as_of}. A "
        "transfer is not a result; neither more nor fewer is better.",
        first=texts.day(visit.first_day),
        last=texts.day(visit.last_day),
        as_of=texts.moment(visit.as_of),
    )
)
say_ignored(visit, ignored_values(st.query_params, {"by": tuple(splits(visit)), "view": VIEWS}))

period = {"since": since, "until": until, "station": visit.station}
sent = visit.ask(sent_diversions, **period)
reported = reporting(visit, *SOURCES)
everything = total(sent)

if everything is None:
    if reported.all_silent:
        unknown(t("Nothing has been reported for this period; that is not a zero."))
    else:
        empty(t("Nothing was diverted in this period."))
else:
    sent_cards(visit, everything)
    if not everything["followed_30d"]:
        unknown(t("The 30 days are not over yet for any of them, so nobody knows who will call again."))
        st.page_link(
            str(DIVERSIONS.file),
            label=t("The last four weeks whose 30 days are over"),
            icon=":material/arrow_forward:",
            icon_position="right",
            query_params={**visit.shared, **ended_before(visit, 31)},
        )
    heading(
        visit,
        t("How far they came"),
        Explanation(
            t(
                "Each step is a share of what was sent; a return, of what was sent; a call from the same "
                "place, of those with a place whose 72 hours or 30 days are over, counted from sending, "
                "exactly then included. Merged calls and those invalid at reception do not count. "
                "Departments stand in fixed order, under the one first sent to; medians are of those that "
                "came so far."
            ),
            n=t("{n} diversions", n=texts.number(everything["sent"])),
            known_until=latest,
            defects=t(
                "A call from the same place may be about something else; what came over the counter has no "
                "place."
            ),
        ),
        key="steps",
    )
    steps = step_frame(visit, everything)
    drawn = t("How far the diversions of the period came")
    columns = {"step": t("Step"), "items": t("Diversions"), "label": t("Share")}
    chart(
        visit,
        steps,
        step_bars(tuple(steps["step"]), step_kinds(visit), columns),
        alt=drawn,
        figures=figures_of(visit, steps, columns, drawn),
    )
    filters.switch(t("Split by"), "by", tuple(splits(visit)), splits(visit).__getitem__, "department")
    split = read_split(st.query_params, visit)
    st.html(download_links(visit, "diversion_figures"))
    count_table(
        visit,
        split_table(visit, sent, split, reported),
        split_labels(visit, split),
        alt=t("Figures of diversions"),
    )

heading(
    visit,
    t("List of diversions"),
    Explanation(
        t("Those not yet fed back first, longest sent first. A click on a number opens the item."),
        known_until=latest,
    ),
    key="diversion_list",
)
filters.select(t("Which"), "view", VIEWS, lambda view: view_name(visit, view))
items = visit.ask(diversion_items, view=read_view(st.query_params), **period, row_limit=SHOWN)
if items.empty:
    empty(t("There is no such diversion."))
else:
    st.caption(
        t(
            "{shown} of {total} items; a click on a number opens the item.",
            shown=len(items),
            total=texts.number(items["all_items"].iloc[0]),
        )
    )
    st.html(download_links(visit, "diversions"))
    item_table(
        visit,
        items["work_item_id"].tolist(),
        display_frame(visit, items),
        column_labels(visit),
        key="diversion_item",
        alt=t("List of diversions"),
    )
