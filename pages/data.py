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
from closedloop.queries.reading import rows
from closedloop.ui.cards import Explanation, heading
from closedloop.ui.data_view import (
    batch_table,
    build_table,
    freshness_table,
    grouped_digits,
    quarantine_table,
    reason_table,
    test_summary,
    test_table,
    totals_table,
)
from closedloop.ui.identity import may_upload
from closedloop.ui.registry import DATA, page_title
from closedloop.ui.standing_view import source_rows
from closedloop.ui.states import empty, unknown
from closedloop.ui.upload_start import upload_section
from closedloop.ui.visit import current

visit = current()
t, texts = visit.t, visit.texts
latest = texts.moment(visit.published.default_as_of)


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
heading(
    visit,
    t("Freshness by station and source"),
    Explanation(
        t(
            "The moment up to which complete loads cover a source. A source that is behind the moment shown "
            "is not reported: its figures are missing, not zero."
        ),
        known_until=latest,
    ),
    key="freshness",
)
if sources.empty:
    unknown(t("No load has said yet what it covers."))
else:
    with st.container(key="wide_freshness"):
        st.dataframe(
            freshness_table(visit, sources),
            hide_index=True,
            # Every station in sight: one that is silent must not hide below the fold.
            height="content",
            alt=t("Freshness by station and source"),
            column_config={t("Station"): st.column_config.TextColumn(pinned=True)},
        )
    # On a phone the sources one below the other, with the stations that are silent by name.
    with st.container(key="narrow_freshness"):
        st.table(
            source_rows(visit, rows(sources)),
            hide_index=True,
            border="horizontal",
            alt=t("Loaded until, by source"),
        )

if may_upload(visit.identity):
    upload_section(visit)

reasons = visit.ask(quarantine_reasons, station=visit.station)
waiting = visit.ask(quarantine, station=visit.station)
heading(
    visit,
    t("Rows to mend (quarantine)"),
    Explanation(
        t(
            "Rows that were refused, after masking, with every reason. They count nowhere until they are "
            "mended and replayed: python -m closedloop quarantine export, then replay."
        ),
        n=texts.number(int(waiting["all_rows"].iloc[0]) if len(waiting) else 0),
        known_until=latest,
    ),
    key="quarantine",
)
if waiting.empty:
    empty(t("No row waits to be mended."))
else:
    st.dataframe(reason_table(visit, reasons), hide_index=True, alt=t("Why rows were refused"))
    with st.expander(
        t("The rows ({shown} of {total})", shown=len(waiting), total=int(waiting["all_rows"].iloc[0]))
    ):
        st.dataframe(
            quarantine_table(visit, waiting), hide_index=True, placeholder="—", alt=t("Rows to mend")
        )

if visit.leads:
    totals = visit.ask(batch_totals)
    heading(
        visit,
        t("Loads and reconciliation"),
        Explanation(
            t(
                "Per file: rows read = accepted + unchanged + quarantined. A load that does not add up is "
                "marked."
            ),
            known_until=latest,
        ),
        key="batches",
    )
    if totals.empty:
        unknown(t("Nothing has been loaded yet."))
    else:
        table = totals_table(visit, totals)
        st.dataframe(
            table,
            hide_index=True,
            height="content",
            alt=t("All loads by table"),
            column_config=grouped_digits(table),
        )
        with st.expander(t("The last loads, newest first")):
            table = batch_table(visit, visit.ask(batches))
            st.dataframe(
                table,
                hide_index=True,
                alt=t("The last loads"),
                column_config=grouped_digits(table, except_for=(t("Batch"),)),
            )

heading(
    visit,
    t("Builds"),
    Explanation(
        t(
            "A build is published whole or not at all; after a failed one the pages keep showing the last "
            "that passed."
        ),
        known_until=latest,
    ),
    key="builds",
)
st.dataframe(build_table(visit, visit.ask(builds)), hide_index=True, alt=t("The last builds"))

if visit.leads:
    tests = visit.ask(build_tests)
    heading(
        visit,
        t("Data tests"),
        Explanation(
            t(
                "Each build tests its own result before it is published; one failure keeps it from the "
                "pages. A build that goes on from another tests what it made anew."
            ),
            known_until=latest,
        ),
        key="tests",
    )
    if tests.empty:
        unknown(t("The published build carries no test results."))
    else:
        st.markdown(test_summary(visit, tests))
        with st.expander(t("Every test")):
            st.dataframe(test_table(visit, tests), hide_index=True, alt=t("Every test"))
