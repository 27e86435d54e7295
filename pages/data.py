"""Data: what came in, what was refused, how fresh each source is, and how the builds went."""

import streamlit as st

from closedloop.queries.loading import (
    batch_totals,
    batches,
    build_tests,
    builds,
    freshness,
    quarantine,
    quarantine_reasons,
)
from closedloop.ui.cards import Explanation, explain
from closedloop.ui.data_view import (
    batch_table,
    build_table,
    freshness_table,
    quarantine_table,
    reason_table,
    test_summary,
    test_table,
    totals_table,
)
from closedloop.ui.registry import DATA, page_title
from closedloop.ui.states import empty, unknown
from closedloop.ui.visit import current

visit = current()
t, texts = visit.t, visit.texts
latest = texts.moment(visit.published.default_as_of)


def section(title: str, definition: str, key: str, n: str | None = None) -> None:
    """A heading with its explanation."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(title, width="content")
        explain(visit, Explanation(definition, n=n, known_until=latest), key=key)


st.title(page_title(DATA, texts, visit.identity))
st.caption(
    t(
        "Build {build} of {built}; loaded until {latest}.",
        build=visit.published.build_id,
        built=texts.moment(visit.published.built_at),
        latest=latest,
    )
)

sources = visit.ask(freshness, station=visit.station)
section(
    t("Freshness by station and source"),
    t(
        "The moment up to which complete loads cover a source. A source that is behind the moment shown is "
        "not reported: its figures are missing, not zero."
    ),
    "freshness",
)
if sources.empty:
    unknown(t("No load has said yet what it covers."))
else:
    st.dataframe(freshness_table(visit, sources), hide_index=True, alt=t("Freshness by station and source"))

reasons = visit.ask(quarantine_reasons, station=visit.station)
waiting = visit.ask(quarantine, station=visit.station)
section(
    t("Rows to mend (quarantine)"),
    t(
        "Rows that were refused, after masking, with every reason. They count nowhere until they are mended "
        "and replayed: python -m closedloop quarantine export, then replay."
    ),
    "quarantine",
    n=texts.number(int(waiting["all_rows"].iloc[0]) if len(waiting) else 0),
)
if waiting.empty:
    empty(t("No row waits to be mended."))
else:
    st.dataframe(reason_table(visit, reasons), hide_index=True, alt=t("Why rows were refused"))
    with st.expander(
        t("The rows ({shown} of {total})", shown=len(waiting), total=int(waiting["all_rows"].iloc[0]))
    ):
        st.dataframe(quarantine_table(visit, waiting), hide_index=True, alt=t("Rows to mend"))

if visit.leads:
    totals = visit.ask(batch_totals)
    section(
        t("Loads and reconciliation"),
        t("Per file: rows read = accepted + unchanged + quarantined. A load that does not add up is marked."),
        "batches",
    )
    if totals.empty:
        unknown(t("Nothing has been loaded yet."))
    else:
        st.dataframe(totals_table(visit, totals), hide_index=True, alt=t("All loads by table"))
        with st.expander(t("The last loads, newest first")):
            st.dataframe(batch_table(visit, visit.ask(batches)), hide_index=True, alt=t("The last loads"))

section(
    t("Builds"),
    t(
        "A build is published whole or not at all; after a failed one the pages keep showing the last that "
        "passed."
    ),
    "builds",
)
st.dataframe(build_table(visit, visit.ask(builds)), hide_index=True, alt=t("The last builds"))

if visit.leads:
    tests = visit.ask(build_tests)
    section(
        t("Data tests"),
        t("Each build tests its own result before it is published; one failure keeps it from the pages."),
        "tests",
    )
    if tests.empty:
        unknown(t("The published build carries no test results."))
    else:
        st.markdown(test_summary(visit, tests))
        with st.expander(t("Every test")):
            st.dataframe(test_table(visit, tests), hide_index=True, alt=t("Every test"))
