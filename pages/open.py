"""Open and overdue: every open item of every loop, worst first."""

import streamlit as st

from closedloop.queries.standing import judgement_counts, open_items, standing_counts
from closedloop.ui import filters
from closedloop.ui.exports.links import download_links
from closedloop.ui.ignored import say_ignored
from closedloop.ui.likely import likely_items
from closedloop.ui.link_list import link_list
from closedloop.ui.open_list import (
    AGES,
    HOLDERS,
    LIKELY,
    OPENED,
    SEVERITIES,
    VIEWS,
    active_filters,
    ignored_filters,
    loops_offered,
    read_choice,
    view_counts,
    view_label,
)
from closedloop.ui.open_table import open_table
from closedloop.ui.reach import nothing_here
from closedloop.ui.registry import OPEN, page_title
from closedloop.ui.standing_view import item_rows
from closedloop.ui.visit import current

#: More rows than anybody reads; the download has them all.
SHOWN = 1000
SHOWN_ON_A_PHONE = 60

visit = current()
t, texts, names = visit.t, visit.texts, visit.names
choice = read_choice(st.query_params, visit)

st.title(page_title(OPEN, texts, visit.identity))
likely = choice.view == LIKELY
st.caption(
    t(
        "Open items with a deadline ahead as of {moment}, most likely to miss it first.",
        moment=texts.moment(visit.as_of),
    )
    if likely
    else t(
        "Every open item as of {moment}, worst first: overdue by colour and then the longest; due soon, the "
        "soonest first; not yet known; due within 24 hours; the rest by colour and deadline.",
        moment=texts.moment(visit.as_of),
    )
)

say_ignored(visit, ignored_filters(st.query_params, (), visit))

active = active_filters(visit, choice)
loops = loops_offered(visit, visit.ask_rows(standing_counts, station=visit.station), choice.wanted)


def of_loops(kind: str) -> tuple[str, ...]:
    """The targets or the stages of the loops that are offered."""
    return tuple(key for key in names.ids(kind) if key.split(":")[0] in loops)


with st.expander(
    t("Filters: {active}", active=" · ".join(active)) if active else t("Filters"),
    icon=":material/filter_list:",
):
    filters.several(t("Loop"), "loop", loops, names.loop, pills=True)
    with st.grid(3, min_column_width=240):
        filters.several(
            t("Colour"),
            "colour",
            SEVERITIES,
            lambda s: names.severity(None if s == "none" else s),
            pills=True,
        )
        filters.several(t("Current holder"), "holder", HOLDERS, names.holder_kind, pills=True)
        filters.period(t("Opened (calendar days)"), choice.opened, visit.as_of_day, None, OPENED)
        if visit.leads and not visit.station:
            filters.several(
                t("Stations"), "of", names.stations(), names.station, placeholder=t("All stations")
            )
        filters.select(
            t("Target"),
            "target",
            of_loops("target"),
            lambda key: f"{names.loop(key.split(':')[0])} · {names.target(*key.split(':', 1))}",
            everything=t("All targets"),
        )
        filters.several(
            t("Stage reached"),
            "stage",
            of_loops("stage"),
            lambda key: f"{names.loop(key.split(':')[0])} · {names.stage(*key.split(':', 1))}",
            placeholder=t("All stages"),
        )
        filters.select(
            t("Age"),
            "age",
            tuple(str(days) for days in AGES[1:]),
            lambda days: t("at least {days} days", days=days),
            everything=t("Any age"),
        )
        filters.select(
            t("More"),
            "only",
            ("returned", "new"),
            lambda key: {"returned": t("Returned for rework"), "new": t("New since the last duty day")}[key],
            everything=t("All items"),
        )

counts = view_counts(visit.ask_rows(judgement_counts, wanted=choice.wanted))
filters.switch(
    t("Deadlines"),
    "view",
    (*VIEWS, LIKELY),
    lambda view: f"{view_label(visit, view)} {counts[view]:,}" if view in counts else view_label(visit, view),
    "all",
)

found = visit.ask(likely_items if likely else open_items, wanted=choice.wanted, row_limit=SHOWN)
if found.empty:
    nothing_here(visit, t("No open item passes these filters."))
else:
    total = found["all_items"].iloc[0] if likely else counts[choice.view]
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(
            t(
                "{shown} of {total} items; the number, or the title in the short list of a phone, opens the "
                "item.",
                shown=len(found),
                total=total,
            ),
            width="content",
        )
        st.html(download_links(visit, "open"))
    with st.container(key="wide_open"):
        open_table(visit, found)
    # On a phone a table of thirteen columns shows three: there the first items stand as a list.
    with st.container(key="narrow_open"):
        link_list(
            visit,
            item_rows(visit, found.head(SHOWN_ON_A_PHONE)),
            key="open_items",
            label=t("Open items, worst first"),
        )
        if len(found) > SHOWN_ON_A_PHONE:
            st.caption(
                t(
                    "These are the first {count}; filters or the download show the rest.",
                    count=SHOWN_ON_A_PHONE,
                )
            )
if likely:
    st.caption(
        t(
            "Per item, the deadline ahead that it is most likely to miss. The chance is the share that "
            "missed among clocks of the same target and colour which began in the last 26 weeks and were "
            "still running at this age; of fewer than 30, that of the target in any colour. Above two "
            "thirds: likely; below one third: unlikely. It speaks of items of this kind, not of anybody's "
            "work."
        )
    )
st.caption(
    t(
        "Late is said of limits in minutes or hours, overdue of limits in days. Not yet known: the deadline "
        "lies after the last moment its station has reported."
    )
)
