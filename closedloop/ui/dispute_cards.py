"""The headline figures of disputes, each with its definition, its denominator and its known defects."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from closedloop.ui.cards import Explanation, figure
from closedloop.ui.dispute_view import afterwards_total, days_text, hours_text
from closedloop.ui.registry import DISPUTES
from closedloop.ui.shares import of_n, of_n_within, share_text
from closedloop.ui.visit import Visit


def found_cards(visit: Visit, row: Mapping) -> None:
    """What became of the disputes found in the period; ``row`` is the one for all."""
    t, number = visit.t, visit.texts.number
    latest = visit.texts.moment(visit.known_until)
    n = t("{n} disputes", n=number(row["counted"]))
    with st.grid("auto", min_column_width=180):
        figure(
            visit,
            t("Found"),
            number(row["found"]),
            Explanation(
                t("Disputes found and registered in the period, whatever became of them."),
                known_until=latest,
                defects=t("The more a station looks, the more it finds; what is not registered is not here."),
            ),
            key="found",
            parts=t("{n} of them cancelled", n=number(row["cancelled"])),
            page=DISPUTES,
            params={"view": "found"},
            link=t("All found in the period"),
        )
        figure(
            visit,
            t("Resolved"),
            share_text(visit, row["resolved"], row["counted"]),
            Explanation(
                t(
                    "Numerator: disputes that stand resolved at the moment shown; held stable, taken to "
                    "court or handed over is not resolved. Denominator: all found in the period and not "
                    "cancelled. Of those due: the same among those whose first deadline had passed, "
                    "resolved or not."
                ),
                n=n,
                known_until=latest,
                defects=t(
                    "A high share may come from not registering, or from calling stable what is not: read "
                    "it beside reopening and repeat calls."
                ),
            ),
            key="resolved",
            parts=t(
                "{of_n} · of those due: {due}",
                of_n=of_n_within(visit, row["resolved"], row["counted"]),
                due=of_n(visit, row["due_resolved"], row["due"]),
            ),
        )
        figure(
            visit,
            t("Held stable"),
            number(row["stabilised"]),
            Explanation(
                t(
                    "Disputes whose last stage is stabilising, or that were concluded as held "
                    "stable. It closes nothing and is never added to the resolved."
                ),
                n=n,
                known_until=latest,
            ),
            key="stabilised",
            page=DISPUTES,
            params={"view": "stabilised"},
            link=t("These disputes"),
        )
        figure(
            visit,
            t("Still open"),
            number(row["open"]),
            Explanation(
                t("Disputes found in the period, neither concluded nor held stable at the moment shown."),
                n=n,
                known_until=latest,
            ),
            key="still_open",
            parts=t(
                "{court} taken to court · {handed} handed over",
                court=number(row["litigation"]),
                handed=number(row["transferred"]),
            ),
            page=DISPUTES,
            params={"view": "open"},
            link=t("These disputes"),
        )
        figure(
            visit,
            t("Time to resolve"),
            days_text(visit, row["median_days_resolved"]),
            Explanation(
                t(
                    "Median time from finding to the conclusion, of the resolved alone: too short while "
                    "others are open. Of all: half of all disputes not cancelled were resolved within that "
                    "time; what is not resolved counts as longer than any."
                ),
                n=t("{n} resolved", n=number(row["resolved"])),
                known_until=latest,
            ),
            key="time_to_resolve",
            parts=t("of all: {time}", time=days_text(visit, row["median_days_of_all"]))
            if row["median_days_of_all"] is not None
            else t("of all: fewer than half are resolved"),
        )
        figure(
            visit,
            t("Time to the first visit"),
            hours_text(visit, row["median_hours_to_first_visit"]),
            Explanation(
                t("Median time from finding to the first mediation, of those visited so far."),
                n=t("{n} visited", n=number(row["visited"])),
                known_until=latest,
            ),
            key="first_visit",
            parts=t(
                "{n} mediations (median) · {several} with several rounds · {escalated} escalated",
                n=number(row["median_rounds"]),
                several=number(row["several_rounds"]),
                escalated=number(row["escalated"]),
            ),
        )


def afterwards_cards(visit: Visit, afterwards: pd.DataFrame) -> None:
    """Reopened and called again within 30 and 90 days, each of those whose days are over."""
    t, number = visit.t, visit.texts.number
    latest = visit.texts.moment(visit.known_until)
    with st.grid("auto", min_column_width=180):
        for days in (30, 90):
            row = afterwards_total(afterwards, days)
            resolved, placed = row.get("resolved", 0), row.get("with_place", 0)
            figure(
                visit,
                t("Reopened within {days} days", days=days),
                share_text(visit, row.get("reopened"), resolved),
                Explanation(
                    t(
                        "Disputes reopened within {days} days of their first resolution, exactly then "
                        "included, of those whose {days} days ended in the period.",
                        days=days,
                    ),
                    n=t("{n} resolved disputes", n=number(resolved)),
                    known_until=latest,
                ),
                key=f"reopened_{days}",
                parts=of_n_within(visit, row.get("reopened", 0), resolved),
            )
            figure(
                visit,
                t("Called again within {days} days", days=days),
                share_text(visit, row.get("called_again"), placed),
                Explanation(
                    t(
                        "Disputes from whose place somebody called within {days} days of their first "
                        "resolution, of those with a known place whose {days} days ended in the period.",
                        days=days,
                    ),
                    n=t("{n} resolved disputes with a place", n=number(placed)),
                    known_until=latest,
                    defects=t("A call from the same place may be about something else."),
                ),
                key=f"called_{days}",
                parts=t(
                    "{of_n} · {calls} calls",
                    of_n=of_n_within(visit, row.get("called_again", 0), placed),
                    calls=number(row.get("calls", 0)),
                ),
            )
