"""The headline figures of volunteer work: who serves, and what was done."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from closedloop.queries.reading import rows
from closedloop.ui.cards import Explanation, figure
from closedloop.ui.shares import of_n
from closedloop.ui.visit import Visit
from closedloop.ui.volunteer_view import JUDGED, KINDS, kind_name


def serving_cards(visit: Visit, serving: pd.DataFrame) -> None:
    """Volunteers, posts and squads on the day; from ``queries.volunteers.serving_volunteers``."""
    t, number = visit.t, visit.texts.number
    by_dimension: dict[str, list[dict]] = {}
    for row in rows(serving):
        by_dimension.setdefault(row["dimension"], []).append(row)
    everything = next(iter(by_dimension.get("all", [])), {})
    squads = [row for row in by_dimension.get("squad", []) if row["member"] and row["volunteers"]]
    with st.grid("auto", min_column_width=180):
        figure(
            visit,
            t("Volunteers serving"),
            number(everything.get("volunteers")),
            Explanation(
                t(
                    "Volunteers in the register who had joined by the day shown and not left: on the day of "
                    "leaving nobody serves any more. The register is a list; it is as current as its last "
                    "load."
                )
            ),
            key="volunteers",
            parts=t("in {n} squads", n=number(len(squads))),
        )
        figure(
            visit,
            t("Volunteer posts"),
            number(everything.get("posts")),
            Explanation(t("Volunteer posts in use on the day shown.")),
            key="posts",
        )


def work_cards(visit: Visit, done: Mapping[str, Mapping]) -> None:
    """What was done in the period, a card per kind; ``done`` holds the row for all of each kind."""
    t, number = visit.t, visit.texts.number
    latest = visit.texts.moment(visit.known_until)
    with st.grid("auto", min_column_width=180):
        for kind in KINDS:
            row = done.get(kind)
            if row is None:
                continue
            hours = t("{n} person-hours", n=number(row["person_hours"]))
            figure(
                visit,
                kind_name(visit, kind),
                number(row["activities"]),
                Explanation(
                    t(
                        "Activities of this kind begun in the period. Accepted: those judged useful, of "
                        "those that anybody has judged so far."
                    )
                    if kind in JUDGED
                    else t("Activities of this kind begun in the period."),
                    known_until=latest,
                    defects=t("More is not better: a quiet area needs fewer patrols."),
                ),
                key=f"done_{kind}",
                parts=t("accepted {of_n}", of_n=of_n(visit, row["accepted"], row["decided"]))
                if kind in JUDGED
                else t("{hours} · children took part in {n}", hours=hours, n=number(row["with_children"]))
                if row["with_children"]
                else hours,
            )
