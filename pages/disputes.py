"""Disputes: what became of those found in a period, what came back, and which are still open."""

import streamlit as st

from closedloop.charts.parts import part_bars
from closedloop.queries.disputes import after_resolution, dispute_items, found_disputes
from closedloop.ui import filters
from closedloop.ui.cards import Explanation, heading
from closedloop.ui.chart import chart, figures_of
from closedloop.ui.dispute_cards import afterwards_cards, found_cards
from closedloop.ui.dispute_list import VIEWS, column_labels, display_frame, read_view, view_name
from closedloop.ui.dispute_view import (
    SOURCES,
    outcome_colours,
    outcome_frame,
    read_split,
    split_labels,
    split_table,
    splits,
    total,
)
from closedloop.ui.exports.links import download_links
from closedloop.ui.ignored import ignored_values, say_ignored
from closedloop.ui.register_table import count_table, item_table
from closedloop.ui.registry import DISPUTES, page_title
from closedloop.ui.reporting import reporting
from closedloop.ui.states import empty, unknown
from closedloop.ui.visit import current

#: More rows than anybody reads; the download has them all.
SHOWN = 500

visit = current()
t, texts = visit.t, visit.texts
since, until = visit.period
latest = texts.moment(visit.known_until)

st.title(page_title(DISPUTES, texts, visit.identity))
st.caption(
    t(
        "Disputes found from {first} to {last} (calendar days), as they stood at {as_of}.",
        first=texts.day(visit.first_day),
        last=texts.day(visit.last_day),
        as_of=texts.moment(visit.as_of),
    )
)
say_ignored(visit, ignored_values(st.query_params, {"by": tuple(splits(visit)), "view": VIEWS}))

period = {"since": since, "until": until, "station": visit.station}
found = visit.ask(found_disputes, **period)
afterwards = visit.ask(after_resolution, **period)
reported = reporting(visit, *SOURCES)
everything = total(found)

if everything is not None:
    found_cards(visit, everything)
elif reported.all_silent:
    unknown(t("Nothing has been reported for this period; that is not a zero."))
else:
    empty(t("No dispute was found in this period."))

heading(
    visit,
    t("After the resolution"),
    Explanation(
        t(
            "Disputes whose 30 (90) days after their first resolution ended in the period: whether they were "
            "reopened, and whether anybody called from the same place, up to exactly so many days later. "
            "Merged calls and those invalid at reception do not count; a call may be about something else."
        ),
        known_until=latest,
    ),
    key="afterwards",
)
if afterwards.empty:
    unknown(t("For no resolved dispute did the 30 or 90 days end in this period."))
else:
    afterwards_cards(visit, afterwards)

if everything is not None:
    heading(
        visit,
        t("What became of them"),
        Explanation(
            t(
                "The disputes found in the period, cancelled ones left out, in fixed order and not ranked. "
                "Resolved and held stable are different things and are never added. Shares of fewer than 20 "
                "are shown as counts. The median of the resolved alone is too short while others are open; "
                "the median of all takes what is not resolved for longer than any, and is empty when fewer "
                "than half are resolved."
            ),
            n=t("{n} disputes", n=texts.number(everything["counted"])),
            known_until=latest,
        ),
        key="outcomes",
    )
    by = filters.switch(t("Split by"), "by", tuple(splits(visit)), splits(visit).__getitem__, "category")
    bars = outcome_frame(visit, found, by)
    if bars.empty:
        empty(t("All disputes found in the period were cancelled."))
    else:
        members = tuple(dict.fromkeys(bars["member"]))
        drawn = t("What became of the disputes found in the period")
        columns = {"member": splits(visit)[by], "part": t("Outcome"), "items": t("Disputes")}
        chart(
            visit,
            bars,
            part_bars(members, outcome_colours(visit, bars), columns),
            alt=drawn,
            figures=figures_of(visit, bars, columns, drawn),
        )
    split = read_split(st.query_params, visit)
    st.html(download_links(visit, "dispute_figures"))
    count_table(
        visit,
        split_table(visit, found, afterwards, split, reported),
        split_labels(visit, split),
        alt=t("Figures of disputes"),
    )

heading(
    visit,
    t("List of disputes"),
    Explanation(
        t("Open ones first, then by colour and by the date found. A click on a number opens the item."),
        known_until=latest,
    ),
    key="dispute_list",
)
filters.select(t("Which"), "view", VIEWS, lambda view: view_name(visit, view))
items = visit.ask(dispute_items, view=read_view(st.query_params), **period, row_limit=SHOWN)
if items.empty:
    empty(t("There is no such dispute."))
else:
    st.caption(
        t(
            "{shown} of {total} items; a click on a number opens the item.",
            shown=len(items),
            total=texts.number(items["all_items"].iloc[0]),
        )
    )
    st.html(download_links(visit, "disputes"))
    item_table(
        visit,
        items["work_item_id"].tolist(),
        display_frame(visit, items),
        column_labels(visit),
        key="dispute_item",
        alt=t("List of disputes"),
    )
