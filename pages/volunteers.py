"""Volunteers: how many serve where, and what they did. Counts only."""

import streamlit as st

from closedloop.charts.months import month_bars
from closedloop.queries.volunteers import serving_volunteers, volunteer_activities, volunteer_posts
from closedloop.ui import filters
from closedloop.ui.cards import Explanation, heading
from closedloop.ui.chart import chart, figures_of
from closedloop.ui.exports.links import download_links
from closedloop.ui.ignored import ignored_values, say_ignored
from closedloop.ui.register_table import count_table
from closedloop.ui.registry import VOLUNTEERS, page_title
from closedloop.ui.reporting import reporting
from closedloop.ui.states import empty, unknown
from closedloop.ui.visit import current
from closedloop.ui.volunteer_cards import serving_cards, work_cards
from closedloop.ui.volunteer_view import (
    SOURCES,
    activities_in_all,
    all_kinds,
    done_in_all,
    kind_name,
    month_frame,
    months,
    post_table,
    read_split,
    split_labels,
    split_table,
    splits,
)

visit = current()
t, texts = visit.t, visit.texts
since, until = visit.period
latest = texts.moment(visit.known_until)

st.title(page_title(VOLUNTEERS, texts, visit.identity))
st.caption(
    t(
        "Volunteers serving on {day}; activities begun from {first} to {last} (calendar days). Counts only, "
        "never persons.",
        day=texts.day(visit.as_of_day),
        first=texts.day(visit.first_day),
        last=texts.day(visit.last_day),
    )
)
say_ignored(visit, ignored_values(st.query_params, {"by": tuple(splits(visit))}))

serving = visit.ask(serving_volunteers, day=visit.as_of_day, station=visit.station)
done = visit.ask(volunteer_activities, since=since, until=until, station=visit.station)
reported = reporting(visit, *SOURCES)

serving_cards(visit, serving)
if not done.empty:
    work_cards(visit, done_in_all(done))
elif reported.all_silent:
    unknown(t("Nothing has been reported for this period; that is not a zero."))
else:
    empty(t("No activity was reported in this period."))

if not done.empty:
    heading(
        visit,
        t("Month by month"),
        Explanation(
            t(
                "Activities by kind and the calendar month they began in; each kind has a scale of its own. "
                "Months at the ends of the period may be parts of months."
            ),
            n=t("{n} activities", n=texts.number(activities_in_all(done))),
            known_until=latest,
        ),
        key="months",
    )
    with st.grid("auto", min_column_width=230):
        for kind in all_kinds(done):
            with st.container(gap=None):
                st.markdown(f"**{kind_name(visit, kind)}**")
                by_month = month_frame(done, kind)
                columns = {"month": t("Month"), "items": t("Activities")}
                drawn = t("{kind} by month", kind=kind_name(visit, kind))
                chart(
                    visit,
                    by_month,
                    month_bars(months(visit), columns),
                    alt=drawn,
                    figures=figures_of(visit, by_month, columns, drawn),
                )

heading(
    visit,
    t("By station, squad, post or month"),
    Explanation(
        t(
            "Fixed order, no ranking: stations differ in size and in what they need. Leads and hazards are "
            "all those reported; accepted are those judged useful so far. A participation is one head in "
            "one activity; person-hours are heads times hours, of activities with both times. Children are "
            "counted as heads only."
        ),
        known_until=latest,
    ),
    key="volunteer_table",
)
first = next(iter(splits(visit)))
filters.switch(t("Split by"), "by", tuple(splits(visit)), splits(visit).__getitem__, first)
split = read_split(st.query_params, visit)
if split == "post":
    posts = visit.ask(volunteer_posts, day=visit.as_of_day, since=since, until=until, station=visit.station)
    table = post_table(visit, posts, reported)
else:
    table = split_table(visit, serving, done, split, reported)
if table.empty:
    empty(t("No register of volunteers has been loaded."))
else:
    st.html(download_links(visit, "volunteers"))
    count_table(visit, table, split_labels(visit, split), alt=t("Volunteer work"))
