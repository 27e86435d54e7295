"""Time to close: how long items take from opening to closing, with those still open counted in."""

import streamlit as st

from closedloop.ui import filters
from closedloop.ui.cards import Explanation, heading
from closedloop.ui.chart import chart, figures_of
from closedloop.ui.closing_choice import (
    MOST_LINES,
    SEVERITIES,
    active_filters,
    ignored_filters,
    member_name,
    offered,
    read_choice,
    read_cohort,
    split_name,
    splits,
)
from closedloop.ui.closing_lines import line_steps
from closedloop.ui.closing_shown import closing_shown
from closedloop.ui.closing_view import open_params
from closedloop.ui.exports.links import download_links
from closedloop.ui.ignored import say_ignored
from closedloop.ui.registry import CLOSING, OPEN, page_title
from closedloop.ui.states import unknown
from closedloop.ui.visit import current

visit = current()
t, texts, names = visit.t, visit.texts, visit.names
choice = read_choice(st.query_params, visit)
cohort = choice.cohort
latest = texts.moment(visit.known_until)

st.title(page_title(CLOSING, texts, visit.identity))
st.caption(
    t(
        "Items opened from {first} to {last} (calendar days), as they stood at {as_of}. What is still open "
        "is counted with its age: the closed alone look faster than they are.",
        first=texts.day(choice.first_day),
        last=texts.day(choice.last_day),
        as_of=texts.moment(visit.as_of),
    )
)
say_ignored(visit, ignored_filters(st.query_params, visit))

with st.container(horizontal=True, gap="large", vertical_alignment="bottom"):
    filters.select(t("Loop"), "loop", names.ids("loop"), names.loop, everything=t("All loops, side by side"))
    if cohort.loop and len(splits(visit)) > 1:
        filters.switch(t("Split by"), "by", splits(visit), lambda by: split_name(visit, by), "severity")
with st.expander(
    t("Filters: {active}", active=" · ".join(active_filters(visit, choice))), icon=":material/filter_list:"
):
    with st.container(horizontal=True, gap="large"):
        filters.period(
            t("Opened (calendar days)"),
            (choice.first_day, choice.last_day),
            visit.last_full_day,
            read_cohort({}, visit),
        )
        if visit.leads and not visit.station:
            filters.several(
                t("Stations"), "of", names.stations(), names.station, placeholder=t("All stations")
            )
    filters.several(
        t("Colour at issue"),
        "colour",
        SEVERITIES,
        lambda s: names.severity(None if s == "none" else s),
        pills=True,
    )

closing = closing_shown(visit, choice)
if closing is None:
    unknown(t("No item of these filters was opened in this period, or none has been reported."))
    st.stop()

if closing.sentence:
    st.markdown(f"**{closing.sentence}**")
if closing.comparison:
    st.markdown(closing.comparison)

heading(
    visit,
    t("Share still open by age"),
    Explanation(
        t(
            "Kaplan–Meier: at each age, of the items watched until then, the share not yet closed. From "
            "the opening to the first closing; an item opened again keeps its first closing. Open items "
            "are watched until the last moment their station has reported, cancelled ones until they were "
            "cancelled: both are counted for as long as they were watched (censored). The band is the 95% "
            "interval (pointwise, log-log) of one line. A line ends where fewer than 10 are still watched; "
            "its mark is the median. Groups of fewer than 20 are not drawn."
        ),
        n=t("{n} items", n=texts.number(closing.items)),
        known_until=latest,
        defects=t("It supposes that what is open will go on as the closed of that age did."),
    ),
    key="curves",
)
drawn = closing.drawn
if choice.by in ("loop", "station") and (closing.groups > MOST_LINES or "show" in st.query_params):
    filters.several(
        t("Lines drawn (at most 4)"),
        "show",
        offered(visit, choice),
        lambda member: member_name(visit, choice.by, member),
        placeholder=t("The first four") if choice.by == "loop" else t("All together"),
    )
if len(drawn) > 1:
    filters.select(
        t("Interval drawn of"),
        "band",
        drawn,
        lambda member: member_name(visit, choice.by, member),
    )
if closing.chart is None:
    unknown(t("None of the groups to draw has 20 items: too few for a curve."))
else:
    lines, spec, columns = closing.chart
    named = t("Share of items still open by age, one line per group")
    chart(visit, lines, spec, alt=named, figures=figures_of(visit, line_steps(lines), columns, named))
if closing.undrawn:
    st.caption(closing.undrawn)

heading(
    visit,
    t("Figures"),
    Explanation(
        t(
            "Median: the first age by which half are closed, with its 95% interval (log-log); not reached "
            "while more than half are open. Closed within the limit: of the items whose loop has a "
            "confirmed limit from its first stage to its last, the share closed by the deadline set at its "
            "start (exactly at the deadline is in time), open items counted as far as they were watched. "
            "Groups in fixed order, not ranked."
        ),
        n=t("{n} items", n=texts.number(closing.items)),
        known_until=latest,
        defects=t("The median of the closed alone stands last, to show how far it is off."),
    ),
    key="figures",
)
st.html(download_links(visit, "closing_figures"))
st.html(closing.figures)
st.caption(t("The curves, step by step:"))
st.html(download_links(visit, "closing_curves"))
for label, params in (
    (t("The open items of these filters"), {}),
    (t("Of these, those most likely to miss a deadline"), {"view": "likely"}),
):
    st.page_link(
        str(OPEN.file),
        label=label,
        icon=":material/arrow_forward:",
        icon_position="right",
        query_params={**visit.shared, **open_params(visit, choice), **params},
    )
st.caption(
    t(
        "The list goes by the colour of the moment, not by that at issue, and has what was opened again "
        "after its first closing."
    )
)
