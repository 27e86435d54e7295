"""Closed loop: per loop, items at each stage, in whose hands, how long, what was skipped or done again."""

import streamlit as st

from closedloop.charts.stages import stage_bars
from closedloop.queries.loops import closed_in_period, missing_stages, stage_flow, stage_stock
from closedloop.ui import filters
from closedloop.ui.cards import Explanation, figure, heading
from closedloop.ui.chart import chart, figures_of
from closedloop.ui.link_list import link_list
from closedloop.ui.loop_view import (
    HOLDER_KINDS,
    holder_rows,
    loop_counts,
    missing_rows,
    stage_frame,
    stage_table,
)
from closedloop.ui.reach import nothing_here
from closedloop.ui.registry import LOOPS, OPEN, page_title
from closedloop.ui.visit import current

visit = current()
t, texts, names = visit.t, visit.texts, visit.names
since, until = visit.period

st.title(page_title(LOOPS, texts, visit.identity))
st.caption(
    t(
        "Open items as of {as_of}; passages and closings from {first} to {last} (calendar days).",
        as_of=texts.moment(visit.as_of),
        first=texts.day(visit.first_day),
        last=texts.day(visit.last_day),
    )
)

period = {"since": since, "until": until, "station": visit.station}
stock = visit.ask(stage_stock, station=visit.station, posts=not visit.leads)
flow = visit.ask(stage_flow, **period)
closed = visit.ask(closed_in_period, **period)
missing = visit.ask(missing_stages, **period)

known = [loop for loop in names.ids("loop") if loop in {*stock["loop"], *flow["loop"], *closed["loop"]}]
if not known:
    nothing_here(visit, t("No item was open or closed in this period, or none was reported."))
    st.stop()

loop = filters.switch(t("Loop"), "loop", known, names.loop, known[0])
counts = loop_counts(visit, loop, stock, closed)
latest = texts.moment(visit.published.default_as_of)

with st.grid(4, min_column_width=170):
    figure(
        visit,
        t("Open"),
        texts.number(counts.open_items),
        Explanation(t("Items of this loop open at the moment shown."), known_until=latest),
        key="loop_open",
        parts=t("{n} overdue", n=texts.number(counts.overdue)),
        page=OPEN,
        params={"loop": loop},
        link=t("Open items"),
    )
    figure(
        visit,
        t("Closed in the period"),
        texts.number(counts.closed),
        Explanation(
            t("Items that reached the loop's own closing stage in the period; cancelled ones do not count."),
            known_until=latest,
        ),
        key="loop_closed",
        parts=t("median {duration} from opening to closing", duration=counts.median_text),
    )
    figure(
        visit,
        t("Complete loops"),
        counts.complete_text,
        Explanation(
            t("Share of the items closed in the period in which no required stage was missing at closing."),
            n=t("{n} items closed", n=texts.number(counts.closed)),
            known_until=latest,
        ),
        key="loop_complete",
        parts=t("{n} with skipped stages", n=texts.number(counts.incomplete)),
    )
    figure(
        visit,
        t("Rework"),
        counts.reworked_text,
        Explanation(
            t("Share of the items closed in the period that were rectified or returned at least once."),
            n=t("{n} items closed", n=texts.number(counts.closed)),
            known_until=latest,
        ),
        key="loop_rework",
        parts=t("{n} open ones returned for rework now", n=texts.number(counts.returned)),
        page=OPEN,
        params={"loop": loop, "only": "returned"},
        link=t("Returned items"),
    )

left, right = st.columns(2, gap="medium")
with left:
    heading(
        visit,
        t("Items at each stage, by whose hands they are in"),
        Explanation(
            t(
                "The stage is the last one reached; the holder is whoever makes the next move. A returned "
                "item is with the control centre until it is sent out again."
            ),
            n=t("{n} open items", n=texts.number(counts.open_items)),
            known_until=latest,
        ),
        key="stage_stock",
    )
    bars = stage_frame(visit, loop, stock)
    if bars.empty:
        nothing_here(visit, t("Nothing of this loop is open."))
    else:
        kinds = {kind: names.holder_kind(kind) for kind in HOLDER_KINDS if kind != "none"}
        stages = [names.stage(loop, key.split(":", 1)[1]) for key in names.ids("stage", loop)]
        drawn = t("Open items of {loop} at each stage, by holder", loop=names.loop(loop))
        columns = {"stage": t("Stage reached"), "holder": t("Current holder"), "items": t("Open items")}
        chart(
            visit,
            bars,
            stage_bars(stages, kinds, columns),
            alt=drawn,
            figures=figures_of(visit, bars, columns, drawn),
        )
with right:
    heading(
        visit,
        t("Whose hands they are in"),
        Explanation(
            t(
                "Open items by who makes the next move, in fixed order. The posts of a station are counted "
                "together for everybody but the head of that station."
            ),
            n=t("{n} open items", n=texts.number(counts.open_items)),
            known_until=latest,
        ),
        key="holders",
    )
    holders = holder_rows(visit, loop, stock)
    if holders:
        link_list(visit, holders, key="holders", label=t("Whose hands they are in"))
    else:
        nothing_here(visit, t("Nothing of this loop is open."))

heading(
    visit,
    t("Stages: standing and passing"),
    Explanation(
        t(
            "Standing: open items whose last stage this is, and how long they have stood there (median). "
            "Passing: visits to the stage that ended in the period, however long ago they began; median and "
            "90th percentile of their dwell."
        ),
        known_until=latest,
    ),
    key="stage_table",
)
st.dataframe(
    stage_table(visit, loop, stock, flow), hide_index=True, alt=t("Stages of {loop}", loop=names.loop(loop))
)

heading(
    visit,
    t("Skipped stages"),
    Explanation(
        t(
            "A required stage is missing once a later one was reached; rectification only after a failed "
            "inspection. Open items are judged on the way they have come."
        ),
        n=t("{n} items closed", n=texts.number(counts.closed)),
        known_until=latest,
    ),
    key="missing",
)
skipped = missing_rows(visit, loop, missing)
if skipped:
    link_list(visit, skipped, key="missing", label=t("Skipped stages"))
else:
    nothing_here(visit, t("No required stage is missing."))
