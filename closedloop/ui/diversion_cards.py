"""The headline figures of diversions. All are neutral: neither more nor fewer is better."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from closedloop.ui.cards import Explanation, figure
from closedloop.ui.dispute_view import hours_text
from closedloop.ui.registry import DIVERSIONS
from closedloop.ui.shares import of_n_within, share_text
from closedloop.ui.visit import Visit


def sent_cards(visit: Visit, row: Mapping) -> None:
    """How far the diversions of the period came; ``row`` is the one for all."""
    t, number = visit.t, visit.texts.number
    latest = visit.texts.moment(visit.known_until)
    n = t("{n} diversions", n=number(row["sent"]))
    with st.grid("auto", min_column_width=180):
        figure(
            visit,
            t("Sent"),
            number(row["sent"]),
            Explanation(
                t(
                    "Non-police matters sent to another department in the period, those cancelled afterwards "
                    "included, at the station that has them."
                ),
                known_until=latest,
                defects=t("A falling number of calls beside a rising number of diversions may mean refusal."),
            ),
            key="sent",
            parts=t("{n} of them cancelled", n=number(row["cancelled"])),
            page=DIVERSIONS,
            params={"view": "sent"},
            link=t("All sent in the period"),
        )
        figure(
            visit,
            t("Accepted by the department"),
            share_text(visit, row["accepted"], row["sent"]),
            Explanation(
                t(
                    "Share of those sent that a department has accepted; median time from sending to "
                    "acceptance."
                ),
                n=n,
                known_until=latest,
            ),
            key="accepted",
            parts=t(
                "{of_n} · after {time} (median)",
                of_n=of_n_within(visit, row["accepted"], row["sent"]),
                time=hours_text(visit, row["median_hours_to_accept"]),
            ),
        )
        figure(
            visit,
            t("Returned at least once"),
            share_text(visit, row["returned"], row["sent"]),
            Explanation(
                t(
                    "Share of those sent that a department sent back at least once, also if sent on "
                    "afterwards."
                ),
                n=n,
                known_until=latest,
            ),
            key="returned",
            parts=of_n_within(visit, row["returned"], row["sent"]),
            page=DIVERSIONS,
            params={"view": "returned"},
            link=t("These diversions"),
        )
        figure(
            visit,
            t("Fed back"),
            share_text(visit, row["fed_back"], row["sent"]),
            Explanation(
                t(
                    "Share of those sent whose result was fed back to the station. Feedback says nothing "
                    "about satisfaction, and depends on the department."
                ),
                n=n,
                known_until=latest,
            ),
            key="fed_back",
            parts=t(
                "{of_n} · done {done} · reopened {reopened}",
                of_n=of_n_within(visit, row["fed_back"], row["sent"]),
                done=number(row["finished"]),
                reopened=number(row["reopened"]),
            ),
            page=DIVERSIONS,
            params={"view": "waiting"},
            link=t("Not yet fed back"),
        )
        figure(
            visit,
            t("Called again within 72 hours"),
            share_text(visit, row["called_72h"], row["followed_72h"]),
            Explanation(
                t(
                    "Safeguard: diversions from whose place somebody called again within 72 hours of "
                    "sending, of those with a place whose 72 hours are over. Somebody should look at each: "
                    "was it really no police matter?"
                ),
                n=t("{n} whose 72 hours are over", n=number(row["followed_72h"])),
                known_until=latest,
                defects=t("A call from the same place may be about something else."),
            ),
            key="called_72h",
            unit=t("safeguard"),
            parts=of_n_within(visit, row["called_72h"], row["followed_72h"])
            if row["followed_72h"]
            else t("not yet known"),
            page=DIVERSIONS,
            params={"view": "called_72h"},
            link=t("Look at each"),
        )
        figure(
            visit,
            t("Called again within 30 days"),
            share_text(visit, row["called_30d"], row["followed_30d"]),
            Explanation(
                t(
                    "Diversions from whose place somebody called again within 30 days of sending, of those "
                    "with a place whose 30 days are over."
                ),
                n=t("{n} whose 30 days are over", n=number(row["followed_30d"])),
                known_until=latest,
                defects=t("A call from the same place may be about something else."),
            ),
            key="called_30d",
            parts=t(
                "{of_n} · {same} about the same kind of matter",
                of_n=of_n_within(visit, row["called_30d"], row["followed_30d"]),
                same=number(row["called_30d_same_category"]),
            )
            if row["followed_30d"]
            else t("not yet known"),
            page=DIVERSIONS,
            params={"view": "called_30d"},
            link=t("These diversions"),
        )
