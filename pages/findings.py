"""Findings: what is wrong or missing in the records, by station and rule, and a reminder for each station."""

import streamlit as st

from closedloop.queries.findings import (
    SHOWN,
    finding_counts,
    finding_list,
    reminders,
    time_to_mend,
    working_day_after,
)
from closedloop.ui import filters
from closedloop.ui.cards import Explanation, figure, heading
from closedloop.ui.exports.links import download_links
from closedloop.ui.finding_list import active_filters, addressee, read_choice, rules_of, shown_label
from closedloop.ui.finding_reminder import mend_by_text, reminder_label, reminder_text
from closedloop.ui.finding_view import (
    city_rule_rows,
    finding_rows,
    median_text,
    rule_rows,
    station_rows,
    totals,
)
from closedloop.ui.link_list import link_list
from closedloop.ui.reach import first_reported, nothing_here
from closedloop.ui.registry import FINDINGS, page_title
from closedloop.ui.visit import current

#: More rows than anybody reads; the download has them all.
SHOWN_ROWS = 100
#: Working days a reminder gives. Assumed: no source says how many.
WORKING_DAYS_TO_MEND = 3

visit = current()
t, texts, names = visit.t, visit.texts, visit.names
rules = rules_of(visit)
wanted = read_choice(st.query_params, visit, rules)
latest = texts.moment(visit.published.default_as_of)

st.title(page_title(FINDINGS, texts, visit.identity))
st.caption(
    t(
        "As of {as_of}; mended and found from {first} to {last} (calendar days). Stations and rules in fixed "
        "order: no ranking.",
        as_of=texts.moment(visit.as_of),
        first=texts.day(visit.first_day),
        last=texts.day(visit.last_day),
    )
)

active = active_filters(visit, rules, wanted)
with st.expander(
    t("Filters: {active}", active=" · ".join(active)) if active else t("Filters"),
    icon=":material/filter_list:",
):
    filters.several(t("Loop"), "loop", names.ids("loop"), names.loop, pills=True)
    filters.several(t("Rule"), "rule", rules.ids(), rules.name, placeholder=t("All rules"))

counts = visit.ask_rows(finding_counts, wanted=wanted)
mending = visit.ask_rows(time_to_mend, wanted=wanted)[0]
total = totals(counts)
station = visit.station or visit.identity.station_id
known = bool(counts) or first_reported(visit) is None

with st.grid(4, min_column_width=170):
    figure(
        visit,
        t("New since the last duty day"),
        texts.number(total.new if known else None),
        Explanation(
            t(
                "Found since {begin}, when the last complete duty day began; mended ones included.",
                begin=texts.moment(visit.duty_day[1]),
            ),
            known_until=latest,
        ),
        key="new",
        page=FINDINGS,
        params={"show": "new"},
        link=t("New findings"),
    )
    figure(
        visit,
        t("To be mended, of the last 7 days"),
        texts.number(total.recent if known else None),
        Explanation(
            t(
                "Findings that stand at the moment: a record is wrong, or something was not done. A record "
                "that is corrected in the source system takes its finding away with the next load. What was "
                "found in the last 7 days comes first; what stands from before is counted beside it. The "
                "lists below also count what is only to be looked into, the reminders only what a station "
                "itself can mend."
            ),
            known_until=latest,
        ),
        key="to_mend",
        parts=" ".join(
            f"<span>{addressee(visit, charged)} {texts.number(n)}</span>"
            for charged, n in total.by_addressee
            if n
        ),
        page=FINDINGS if total.older else None,
        params={"show": "older"},
        link=t("and {n} older", n=texts.number(total.older)),
    )
    figure(
        visit,
        t("To be looked into"),
        texts.number(total.to_review if known else None),
        Explanation(
            t(
                "Events of the last 28 days that somebody should look at. None of them is wrong by itself, "
                "and none says anything about a person."
            ),
            known_until=latest,
        ),
        key="to_review",
        parts=t("of the last 28 days"),
    )
    figure(
        visit,
        t("Time to mend"),
        median_text(visit, int(mending["mended"]), mending["median_minutes"]),
        Explanation(
            t("Median from found to mended, of what was mended in the 90 days before the moment."),
            n=t("{n} findings mended", n=texts.number(int(mending["mended"]))),
            known_until=latest,
            defects=t(
                "A corrected record takes its finding away altogether, so it is not among the mended ones."
            ),
        ),
        key="time_to_mend",
        parts=t("median of {n} mended in 90 days", n=texts.number(int(mending["mended"]))),
    )

repeats = Explanation(
    t(
        "Repeats: findings of the same rule at the same station in the last 28 and 90 days, and per 100 "
        "items that opened there meanwhile (of the rule's loop; activities of volunteers). A finding belongs "
        "to the station that had the item when it was found. A median needs 5 mended findings."
    ),
    known_until=latest,
)
if station:
    heading(visit, t("{station}, by rule", station=names.station(station)), repeats, key="by_rule")
    listed = rule_rows(visit, rules, counts, wanted, station)
else:
    heading(visit, t("By station"), repeats, key="by_station")
    listed = station_rows(visit, counts, wanted)
if not station and counts:
    with st.expander(t("The same by rule, all stations"), icon=":material/rule:"):
        link_list(visit, city_rule_rows(visit, rules, counts, wanted), key="by_rule_all", label=t("By rule"))
if listed:
    link_list(visit, listed, key="grouped", label=t("By station and rule"))
else:
    nothing_here(visit, t("Nothing was found."))

heading(
    visit,
    t("Reminders"),
    Explanation(
        t(
            "One text per station to copy and send: what the station itself can mend, found in the last 7 "
            "days, with numbers of the source systems; older ones as one line. What is for the centre or a "
            "department, or only to be looked into, is left out. The limit is {days} working days, assumed.",
            days=WORKING_DAYS_TO_MEND,
        )
    ),
    key="reminders",
)
to_remind = visit.ask_rows(reminders, wanted=wanted)
today = visit.as_of.astimezone(texts.zone).date().isoformat()
mend_by = mend_by_text(
    visit, next(iter(visit.ask_rows(working_day_after, today=today, days=WORKING_DAYS_TO_MEND)), None)
)
reminded = [one for one in names.stations() if any(row["station_id"] == one for row in to_remind)]
for one in reminded:
    part = [row for row in to_remind if row["station_id"] == one]
    with st.expander(
        reminder_label(visit, one, part), icon=":material/content_copy:", expanded=one == station
    ):
        st.code(reminder_text(visit, rules, one, part, mend_by), language=None, wrap_lines=True)
if not reminded:
    nothing_here(visit, t("Nobody needs a reminder."))

st.subheader(t("Findings"))
filters.switch(
    t("Which findings"),
    "show",
    SHOWN,
    lambda shown: f"{shown_label(visit, shown)} {total.shown[shown]:,}",
    "recent",
)
if len(wanted.rules) == 1:
    st.caption(f"{rules.definition(wanted.rules[0])} {rules.mend(wanted.rules[0])}")
found = visit.ask_rows(finding_list, wanted=wanted, row_limit=SHOWN_ROWS)
if found:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.caption(
            t(
                "{shown} of {total} findings, newest first.",
                shown=len(found),
                total=texts.number(total.shown[wanted.shown]),
            )
            + " "
            + t(
                "{mend} are to be mended, {look} only to be looked into.",
                mend=texts.number(total.shown[wanted.shown] - total.shown_to_review[wanted.shown]),
                look=texts.number(total.shown_to_review[wanted.shown]),
            ),
            width="content",
        )
        st.html(download_links(visit, "findings"))
    link_list(visit, finding_rows(visit, rules, found), key="findings", label=t("Findings"))
else:
    nothing_here(visit, t("No finding passes these filters."))
