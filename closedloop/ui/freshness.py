"""How fresh the figures are, on every page and in every download: loaded until, built at, tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import streamlit as st

from closedloop.queries.status import Published
from closedloop.ui.language import Texts


def passed_text(texts: Texts, published: Published) -> str:
    """How many tests the published build was put to, and that it passed them."""
    passed = published.tests - published.tests_failed
    if published.tests_failed:
        return texts.t(
            "{passed} of {tests} tests passed",
            passed=texts.number(passed),
            tests=texts.number(published.tests),
        )
    return texts.n("{count} test passed", "{count} tests passed", passed)


def freshness_facts(texts: Texts, published: Published) -> list[tuple[str, str]]:
    """Name and text of what must be known before a figure is believed."""
    t = texts.t
    return [
        (t("Loaded until"), texts.moment(published.default_as_of)),
        (t("Built at"), texts.moment(published.built_at)),
        (t("Tests"), passed_text(texts, published)),
    ]


def freshness_text(texts: Texts, published: Published) -> str:
    """The facts in one line."""
    (_, loaded), (_, built), (_, tests) = freshness_facts(texts, published)
    return texts.t(
        "Loaded until {loaded} · built at {built} · {tests}", loaded=loaded, built=built, tests=tests
    )


def freshness_line(texts: Texts, published: Published) -> None:
    """The facts in small print, under the menu."""
    with st.container(key="freshness"):
        st.caption(freshness_text(texts, published))


def stale_for(published: Published, now: datetime, stale_hours: float) -> timedelta | None:
    """How far the data lies behind ``now``; None while it is not stale. The demo's data is of a fixed day."""
    behind = now.astimezone(UTC) - published.default_as_of
    return None if published.demo or behind <= timedelta(hours=stale_hours) else behind
