"""Work item: one item from its opening to now, with the file and row of every event."""

import streamlit as st

from closedloop.charts.timeline import holder_timeline
from closedloop.queries.findings import findings_of_item
from closedloop.queries.item import find_items, item_events, item_links, item_states, item_targets, work_item
from closedloop.queries.reading import rows
from closedloop.ui import filters
from closedloop.ui.chart import chart, figures_of
from closedloop.ui.finding_list import rules_of
from closedloop.ui.finding_view import item_finding_rows
from closedloop.ui.item_view import (
    facts_html,
    found_rows,
    headline_html,
    linked_rows,
    standing_html,
    state_frame,
    target_table,
    timeline_html,
)
from closedloop.ui.link_list import link_list
from closedloop.ui.loop_view import HOLDER_KINDS
from closedloop.ui.registry import ITEM, page_title
from closedloop.ui.states import empty
from closedloop.ui.visit import current

visit = current()
t, texts, names = visit.t, visit.texts, visit.names
wanted = filters.printable(st.query_params.get("item", ""))

st.title(page_title(ITEM, texts, visit.identity))

item = next(iter(visit.ask_rows(work_item, item=wanted)), None) if wanted else None
if item is None:
    if wanted:
        quoted = wanted[:80].replace("`", "")
        st.warning(t("There is no item {item} here, or it is not yours to see.", item=f"`{quoted}`"))
    number = filters.printable(
        st.text_input(t("Number of the item, or its number in the source system"), key="find", max_chars=120)
    ).strip()
    if number:
        found = visit.ask(find_items, number=number)
        if found.empty:
            empty(t("No item has exactly this number."))
        else:
            link_list(visit, found_rows(visit, found), key="found", label=t("Items found"))
    st.stop()

if item["not_yet_opened"]:
    st.html(headline_html(visit, item))
    st.info(t("At the moment shown this item had not been opened yet."))
    st.stop()
targets = visit.ask(item_targets, item=wanted)
st.html(headline_html(visit, item, standing_html(visit, item, targets)))
st.html(facts_html(visit, item))

states = visit.ask(item_states, item=wanted)
events = visit.ask(item_events, item=wanted)
links = visit.ask(item_links, item=wanted)

st.subheader(t("In whose hands, and when"))
held = state_frame(visit, item["loop"], states)
if held.empty:
    empty(t("It was in nobody's hands: closed or cancelled from its first moment on."))
else:
    columns = {
        "holder": t("Current holder"),
        "stage": t("Stage reached"),
        "since": t("From"),
        "until": t("Until"),
    }
    drawn = t("In whose hands the item was, and when")
    chart(
        visit,
        held,
        holder_timeline({kind: names.holder_kind(kind) for kind in HOLDER_KINDS}, columns),
        alt=drawn,
        figures=figures_of(visit, held, columns, drawn),
    )

st.subheader(t("Deadlines"))
if targets.empty:
    empty(t("No policy sets a deadline for this item."))
else:
    st.dataframe(target_table(visit, item["loop"], targets), hide_index=True, alt=t("Deadlines"))
    st.caption(
        t(
            "A deadline belongs to the moment it started; once passed it stays passed, whatever is extended "
            "later. Waits at the centre or a department are charged to them."
        )
    )

found = visit.ask(findings_of_item, item=wanted)
if not found.empty:
    st.subheader(t("Findings"))
    link_list(
        visit,
        item_finding_rows(visit, rules_of(visit), rows(found)),
        key="item_findings",
        label=t("Findings"),
    )

if not links.empty:
    st.subheader(t("Linked items"))
    link_list(visit, linked_rows(visit, links), key="linked", label=t("Linked items"))

st.subheader(t("Timeline"))
if events.empty:
    empty(t("Nothing is recorded beyond the opening."))
else:
    st.html(timeline_html(visit, item["loop"], events))

st.subheader(t("Where it came from"))
st.markdown(
    t(
        "File `{file}`, row {row}, batch {batch}; number in the source system: {source_no}.",
        file=item["source_file"],
        row=texts.number(item["source_row"] or None),
        batch=item["batch_id"],
        source_no=f"`{item['source_no']}`" if item["source_no"] else "—",
    )
)
