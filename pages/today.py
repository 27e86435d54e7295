"""Today: what changed beyond chance, what is overdue, due soon, new or returned, and whom to call."""

import streamlit as st

from closedloop.queries.loading import freshness
from closedloop.queries.standing import opened_since, standing_counts, todays_items
from closedloop.ui.cards import Explanation, by_colour, figure, heading, loop_parts
from closedloop.ui.link_list import link_list
from closedloop.ui.metric_cards import metric_cards
from closedloop.ui.reach import first_reported, nothing_here
from closedloop.ui.registry import CATALOGUE, OPEN, TODAY, page_title
from closedloop.ui.standing_view import (
    counted,
    item_rows,
    new_by_loop,
    red_overdue_stations,
    source_rows,
    without_limit,
)
from closedloop.ui.states import unknown
from closedloop.ui.station_signals import signal_section
from closedloop.ui.visit import current

visit = current()
t, texts = visit.t, visit.texts
duty_day, duty_begin, duty_end = visit.duty_day

st.title(page_title(TODAY, texts, visit.identity))
st.caption(
    (
        t("Duty day {day} ({begin} to {end}) · shown as of {as_of} (files are loaded until {latest})")
        if visit.is_past
        else t("Duty day {day} ({begin} to {end}) · as of {as_of} · loaded until {latest}")
    ).format(
        day=texts.day(duty_day),
        begin=texts.moment(duty_begin),
        end=texts.moment(duty_end),
        as_of=texts.moment(visit.as_of),
        latest=texts.moment(visit.published.default_as_of),
    )
)

signal_section(visit)

counts = visit.ask_rows(standing_counts, station=visit.station)
opened = visit.ask(opened_since, since=duty_begin, station=visit.station)
sources = visit.ask_rows(freshness, station=visit.station)
latest = texts.moment(visit.known_until)

overdue, due_soon = counted(counts, "overdue"), counted(counts, "due_soon")
not_known, returned = counted(counts, "unknown"), counted(counts, returned=True)
new = new_by_loop(visit, opened)
still_open = texts.number(sum(counted(counts).values()))
unconfirmed = counted(counts, "unconfirmed")
no_limit = without_limit(visit, sum(unconfirmed.values()))
known = bool(counts) or first_reported(visit) is None
not_reported = "" if known else t("Not reported")


def told(found: dict[str | None, int]) -> str:
    """The figure of a card; a dash where no report reaches the moment."""
    return texts.number(sum(found.values()) if known else None)


def parts_of(found: dict[str | None, int]) -> str:
    """Its colours, where anything is known."""
    return by_colour(visit, found) if known else ""


with st.grid("auto", min_column_width=170):
    figure(
        visit,
        t("Overdue"),
        told(overdue),
        Explanation(
            t(
                "Open items with at least one confirmed deadline passed at the moment shown; exactly at the "
                "deadline is in time. Counted once, by the colour in force."
            ),
            n=t("{n} open items", n=still_open),
            known_until=latest,
        ),
        key="overdue",
        unit=not_reported,
        parts=parts_of(overdue),
        page=OPEN,
        params={"view": "overdue"},
        link=t("Overdue items"),
    )
    figure(
        visit,
        t("Due soon"),
        told(due_soon),
        Explanation(
            t(
                "Open items not overdue, whose next deadline falls within the warning time of its policy "
                "(from minutes for dispatch to days for a whole loop)."
            ),
            n=t("{n} open items", n=still_open),
            known_until=latest,
        ),
        key="due_soon",
        unit=not_reported,
        parts=parts_of(due_soon),
        page=OPEN,
        params={"view": "due_soon"},
        link=t("Items due soon"),
    )
    figure(
        visit,
        t("Not yet known"),
        told(not_known),
        Explanation(
            t(
                "Open items with a deadline between the last moment their station has reported and the "
                "moment shown: whether they were handled in time will be known with the next export."
            ),
            n=t("{n} open items", n=still_open),
            known_until=latest,
        ),
        key="unknown",
        unit=not_reported,
        parts=parts_of(not_known),
        page=OPEN,
        params={"view": "unknown"},
        link=t("Items to confirm"),
    )
    if no_limit:
        figure(
            visit,
            t("Open without a confirmed limit"),
            told(unconfirmed),
            Explanation(
                t(
                    "Open items whose limits nobody has confirmed: they are never overdue and never due "
                    "soon, however long they stay open. The catalogue says which limits are confirmed, and "
                    "by which rule."
                ),
                n=t("{n} open items", n=still_open),
                known_until=latest,
            ),
            key="unconfirmed",
            parts=parts_of(unconfirmed),
            page=OPEN,
            params={"view": "unconfirmed"},
            link=t("Items without a confirmed limit"),
        )
    figure(
        visit,
        t("New since the last duty day"),
        texts.number(sum(n for _, n in new)) if new else "—",
        Explanation(
            t(
                "Items opened since {begin}, when the last complete duty day began; closed ones included.",
                begin=texts.moment(duty_begin),
            ),
            known_until=latest,
        ),
        key="new",
        unit="" if new else t("nothing reported"),
        parts=loop_parts(visit, new),
        page=OPEN,
        params={"only": "new"},
        link=t("Of these still open"),
    )
    figure(
        visit,
        t("Returned for rework"),
        told(returned),
        Explanation(
            t(
                "Open items that failed an inspection and wait for rectification, or were returned to the "
                "sender and not sent out again."
            ),
            n=t("{n} open items", n=still_open),
            known_until=latest,
        ),
        key="returned",
        unit=not_reported,
        parts=parts_of(returned),
        page=OPEN,
        params={"only": "returned"},
        link=t("Returned items"),
    )

if no_limit:
    with st.container(horizontal=True, vertical_alignment="center", key="no_limit"):
        st.caption(f":material/help: {no_limit}", width="content")
        st.page_link(
            str(CATALOGUE.file),
            label=t("Which limits are confirmed"),
            icon=":material/arrow_forward:",
            icon_position="right",
            query_params=visit.shared,
        )

items = visit.ask(todays_items, station=visit.station)
main, side = st.columns([3, 2], gap="medium") if visit.leads else (st.container(), st.container())

with main:
    for section, title, nothing, params in (
        ("overdue", t("Overdue, worst first"), t("Nothing is overdue."), {"view": "overdue"}),
        ("due_soon", t("Due soon, the soonest first"), t("Nothing is due soon."), {"view": "due_soon"}),
        ("returned", t("Returned for rework"), t("Nothing waits for rework."), {"only": "returned"}),
    ):
        part = items[items["section"] == section]
        total = int(part["section_items"].iloc[0]) if len(part) else 0
        st.subheader(t("{heading} ({shown} of {total})", heading=title, shown=len(part), total=total))
        if part.empty and no_limit and section != "returned":
            unknown(no_limit)
        elif part.empty:
            nothing_here(visit, nothing)
        else:
            link_list(visit, item_rows(visit, part), key=f"list_{section}", label=title)
            st.page_link(
                str(OPEN.file),
                label=texts.n("The {count} item in the list", "All {count} items in the list", total),
                icon=":material/arrow_forward:",
                icon_position="right",
                query_params={**visit.shared, **params},
            )

with side:
    if visit.leads:
        heading(
            visit,
            t("Stations with an overdue red item"),
            Explanation(
                t(
                    "Stations holding at least one red item past a confirmed deadline, in the bureau's fixed "
                    "order; n is the number of their overdue red items. Not a ranking."
                ),
                known_until=latest,
            ),
            key="red_stations",
        )
        stations = red_overdue_stations(visit, counts)
        if stations:
            link_list(visit, stations, key="red_stations", label=t("Stations with an overdue red item"))
        elif unconfirmed.get("red"):
            unknown(without_limit(visit, unconfirmed["red"], red=True))
        else:
            nothing_here(visit, t("No station has an overdue red item."))
    heading(
        visit,
        t("Loaded until, by source"),
        Explanation(
            t(
                "The latest moment that complete loads cover, per source. A station behind the moment shown "
                "is named: what it did not report is missing, not zero."
            )
        ),
        key="sources",
    )
    if not sources:
        unknown(t("No load has said yet what it covers."))
    else:
        st.table(
            source_rows(visit, sources),
            hide_index=True,
            border="horizontal",
            alt=t("Loaded until, by source"),
        )

st.subheader(t("Metrics and their course"))
st.caption(t("Calendar days; a gap in a line is a day that nobody reported, never a zero."))
metric_cards(visit)
