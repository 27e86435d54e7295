"""Repeat places: which are beyond their own expectation, what came of warnings, and one place's story."""

import streamlit as st

from closedloop.charts.place_weeks import place_weeks_chart
from closedloop.queries.places import (
    PlaceFilter,
    before_and_after,
    beyond_expectation,
    concentration,
    one_place,
    place_actions,
    place_categories,
    place_types,
    place_weeks,
    warnings,
)
from closedloop.ui import filters
from closedloop.ui.cards import Explanation, figure, heading
from closedloop.ui.chart import chart, figures_of
from closedloop.ui.exports.links import download_links
from closedloop.ui.ignored import ignored_values, say_ignored
from closedloop.ui.link_list import link_list
from closedloop.ui.place_list import (
    category_ids,
    category_name,
    place_rows,
    place_type_name,
    read_filter,
    warning_labels,
)
from closedloop.ui.place_shown import warnings_shown
from closedloop.ui.place_view import (
    action_rows,
    category_words,
    change_text,
    half_text,
    week_frame,
    week_marks,
)
from closedloop.ui.register_table import count_table
from closedloop.ui.registry import PLACES, page_title
from closedloop.ui.states import empty
from closedloop.ui.visit import current

#: More rows than anybody reads; the download has them all.
SHOWN = 60

visit = current()
t, texts, names = visit.t, visit.texts, visit.names
latest = texts.moment(visit.known_until)
types = visit.ask(place_types)["place_type"].tolist()


def one(asked: str) -> None:
    """The view of one place."""
    known = visit.ask_rows(one_place, place=int(asked))
    st.page_link(
        str(PLACES.file),
        label=t("All repeat places"),
        icon=":material/arrow_back:",
        query_params=visit.shared,
    )
    if not known:
        empty(t("There is no such place, or it is not for you to see."))
        return
    place = known[0]
    st.title(place["place"])
    st.caption(
        " · ".join(
            part
            for part in (names.station(place["station_id"]), place_type_name(visit, place["place_type"]))
            if part
        )
    )
    issued = visit.ask(warnings, wanted=PlaceFilter(), place=int(asked))
    actions = visit.ask(place_actions, place=int(asked))
    with st.grid(3, min_column_width=170):
        figure(
            visit,
            t("Calls in 30 days"),
            texts.number(place["calls"]) if place["calls"] is not None else t("at most 1"),
            Explanation(
                t(
                    "Calls in the 30 days up to the moment shown; a call merged into another is "
                    "no further one."
                ),
                known_until=latest,
            ),
            key="place_calls",
            parts=t("{expected} expected", expected=texts.number(place["expected"], 1)),
        )
        figure(
            visit,
            t("Callers"),
            texts.number(place["callers"] or None),
            Explanation(
                t("Different known callers of these calls. Who they are is not in the marts."),
                known_until=latest,
            ),
            key="place_callers",
            parts=t("{n} further calls about the same matter", n=texts.number(place["merged_calls"])),
        )
        figure(
            visit,
            t("Warnings in 52 weeks"),
            texts.number(len(issued)),
            Explanation(t("Silent for 30 days after each, per category."), known_until=latest),
            key="place_warnings",
        )
    heading(
        visit,
        t("Calls week by week"),
        Explanation(
            t(
                "Calls in each seven days that end at the moment shown. The grey band: nine weeks of ten lie "
                "in it by what had been learnt of the place by then. Dashed: a warning about all "
                "categories together, or a directive."
            ),
            known_until=latest,
        ),
        key="place_weeks",
    )
    weeks = week_frame(visit, visit.ask(place_weeks, place=int(asked)))
    columns = {
        "week": t("Week from"),
        "calls": t("Calls"),
        "expected": t("Expected"),
        "usual": t("Usual"),
    }
    drawn = t("Calls at {place} week by week", place=place["place"])
    chart(
        visit,
        weeks,
        place_weeks_chart(
            {**columns, "mark": t("What happened")},
            week_marks(visit, issued, actions),
        ),
        alt=drawn,
        figures=figures_of(visit, weeks.assign(week=weeks["week"].str[:10]), columns, drawn),
    )
    st.caption(category_words(visit, visit.ask(place_categories, place=int(asked))))
    heading(
        visit,
        t("Before and after the first directive"),
        Explanation(
            t(
                "At most 182 days on either side, exact interval of the ratio of two rates. A "
                "place is acted on "
                "when it is at its worst, so calls tend to fall afterwards by chance too."
            ),
            known_until=latest,
        ),
        key="place_change",
    )
    change = visit.ask_rows(before_and_after, place=int(asked))
    if change:
        st.markdown(change_text(visit, change[0]))
    else:
        empty(t("No directive about this place in the last 52 weeks."))
    heading(
        visit,
        t("Directives, diversions, disputes and hazards here"),
        Explanation(
            t("Items whose subject is a call here, or that name this place. Open ones first."),
            known_until=latest,
        ),
        key="place_actions",
    )
    if actions.empty:
        empty(t("Nothing has been set in motion about this place."))
    else:
        link_list(visit, action_rows(visit, actions)[:SHOWN], key="place_action_rows", label=t("Items here"))


def every() -> None:
    """The list of places, the warnings, and what they were worth."""
    wanted = read_filter(st.query_params, visit, types)
    st.title(page_title(PLACES, texts, visit.identity))
    st.caption(
        t(
            "Places with more calls in 30 days than is usual for them, judged at the end of {day} "
            "(calendar day). "
            "Unusual is not bad: it says where to look.",
            day=texts.day(visit.last_full_day),
        )
    )
    say_ignored(
        visit, ignored_values(st.query_params, {"category": category_ids(visit), "type": tuple(types)})
    )
    with st.grid(3, min_column_width=200):
        filters.select(
            t("Category"),
            "category",
            category_ids(visit),
            lambda category: category_name(visit, category),
            everything=t("The most unusual one of each place"),
        )
        filters.select(
            t("Type of place"),
            "type",
            types,
            lambda kind: place_type_name(visit, kind),
            everything=t("All types"),
        )
    found = visit.ask(beyond_expectation, judged_on=visit.last_full_day, wanted=wanted)
    issued = warnings_shown(visit, wanted)
    (gathered,) = visit.ask_rows(concentration, judged_at=visit.last_midnight, wanted=wanted)
    value = issued.worth
    with st.grid(4, min_column_width=170):
        figure(
            visit,
            t("Beyond their own expectation"),
            texts.number(len(found)),
            Explanation(
                t(
                    "Places whose calls in 30 days are more than their own history and their "
                    "category lead to "
                    "expect, with at most 20 % of them by chance (q ≤ 20 %, Benjamini–Hochberg "
                    "over every place "
                    "and category known)."
                ),
                n=t("{n} places called to in 52 weeks", n=texts.number(gathered["places"])),
                known_until=latest,
            ),
            key="beyond",
            parts=t("a rule of 3 in 30 days would name {n}", n=texts.number(gathered["three_in_thirty"])),
        )
        figure(
            visit,
            t("Half of the calls come from"),
            half_text(visit, gathered),
            Explanation(
                t(
                    "The fewest places that make up half of the calls of the last 52 weeks, and "
                    "their share of all."
                ),
                n=t(
                    "{places} places, {calls} calls",
                    places=texts.number(gathered["places"]),
                    calls=texts.number(gathered["calls"]),
                ),
                known_until=latest,
            ),
            key="half",
            parts=t("{n} places", n=texts.number(gathered["half_of_calls"])),
        )
        figure(
            visit,
            t("Precision of the warnings"),
            value.precision,
            Explanation(
                t(
                    "Of the warnings of the last 52 weeks whose 30 days are over: the share that "
                    "was followed by "
                    "a directive about the place, or by calls going on beyond what was expected "
                    "(chance at most "
                    "5 %)."
                ),
                n=value.precision_n,
                known_until=latest,
            ),
            key="precision",
            parts=t(
                "{kept} of {judged} borne out, {open} still within their 30 days",
                kept=texts.number(value.kept),
                judged=texts.number(value.judged),
                open=texts.number(value.issued - value.judged),
            ),
        )
        figure(
            visit,
            t("Lead time (median)"),
            value.lead,
            Explanation(
                t("Days from a warning to the first directive about the place within 30 days."),
                n=t("{n} warnings in 52 weeks", n=texts.number(value.issued)),
                known_until=latest,
            ),
            key="lead",
            parts=t("{n} warnings with a directive", n=texts.number(value.directed)),
        )
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader(t("Where to look"), width="content")
        st.html(download_links(visit, "places"))
    if found.empty:
        empty(t("No place is beyond its own expectation through these filters."))
    else:
        link_list(visit, place_rows(visit, found.head(SHOWN)), key="place_rows", label=t("Where to look"))
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader(t("Warnings of 52 weeks and what came of them"), width="content")
        st.html(download_links(visit, "place_warnings"))
    if issued.table.empty:
        empty(t("No warning was issued."))
    else:
        count_table(
            visit,
            issued.table,
            warning_labels(visit),
            alt=t("Warnings of 52 weeks and what came of them"),
        )
    st.caption(
        t(
            "Homes with fewer than five calls are shown to their own station and those above it "
            "only. Repeated calls "
            "about domestic violence are a protection signal."
        )
    )


asked = st.query_params.get("place", "")
if asked.isascii() and asked.isdigit() and len(asked) < 19:
    one(asked)
else:
    every()
