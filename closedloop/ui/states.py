"""Pages explain themselves when there is nothing to show: empty, stale, failed, no warehouse."""

from __future__ import annotations

import logging
import traceback
from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from closedloop.errors import ClosedloopError
from closedloop.queries.reading import NothingPublished
from closedloop.settings import PROJECT_ROOT, get_settings
from closedloop.ui.build_stage import failed_where
from closedloop.ui.freshness import stale_for
from closedloop.ui.language import Texts
from closedloop.ui.visit import Visit

_RETRY_EVERY = "10s"
_OURS = (PROJECT_ROOT / "closedloop", PROJECT_ROOT / "pages")
#: The part of Streamlit that turns what a browser sent into the values of widgets.
_VALUES = ("streamlit", "runtime", "state")
_log = logging.getLogger("closedloop.pages")


def empty(message: str) -> None:
    """A section without rows says why, and what that means."""
    st.caption(f":material/check_circle: {message}")


def unknown(message: str) -> None:
    """A section without rows because nothing was reported, which is not the same as nothing to report."""
    st.caption(f":material/help: {message}")


@st.fragment(run_every=_RETRY_EVERY)
def _retry() -> None:
    # The first pass belongs to the page that failed; every later one starts the page again.
    if st.session_state.get("retry_pending"):
        st.session_state["retry_pending"] = False
        st.rerun()
    st.session_state["retry_pending"] = True


def _retrying() -> None:
    st.session_state["retry_pending"] = False
    _retry()


def no_warehouse(texts: Texts) -> None:
    """The warehouse does not answer: say so, and try again by itself."""
    st.title(texts.t("The warehouse does not answer"))
    st.error(
        texts.t("No figures can be shown. This page tries again every 10 seconds."),
        icon=":material/cloud_off:",
    )
    st.caption(texts.t("If nobody is restarting it, start it with: python -m closedloop up"))
    _retrying()


def nothing_published(texts: Texts) -> None:
    """The warehouse answers, and nothing has been built yet."""
    st.title(texts.t("Nothing has been published yet"))
    st.info(
        texts.t("The first build is still to come. This page tries again every 10 seconds."),
        icon=":material/hourglass:",
    )
    st.caption(texts.t("Load files, then run: python -m closedloop build"))
    _retrying()


def explain_trouble(texts: Texts, trouble: ClosedloopError) -> None:
    """Why there are no figures at all."""
    if isinstance(trouble, NothingPublished):
        nothing_published(texts)
    else:
        # The reason names paths and speaks the database's language: it is for the log, not for the screen.
        _log.warning("no figures can be shown: %s", trouble)
        no_warehouse(texts)


def page_failed(texts: Texts) -> None:
    """Something broke in the page; the log has it, the screen has no stack trace."""
    with st.container(key="page_failed"):
        st.error(
            texts.t(
                "This page could not be put together. The server's log says why; "
                "other pages are not affected."
            ),
            icon=":material/error:",
        )


def value_unknown(texts: Texts) -> None:
    """The browser sent a value that a widget of the page cannot have: an old tab, or somebody who tries."""
    with st.container(key="value_unknown"):
        st.warning(
            texts.t("Your browser sent a value that this page does not know. Load the page again."),
            icon=":material/refresh:",
        )


def is_of_a_value(error: BaseException) -> bool:
    """True when what a browser sent for a widget broke the page, and not the page itself."""
    files = [Path(frame.filename) for frame in traceback.extract_tb(error.__traceback__)]
    ours = [number for number, file in enumerate(files) if any(map(file.is_relative_to, _OURS))]
    below = files[max(ours, default=-1) + 1 :]
    return any(file.parts[-4:-1] == _VALUES for file in below)


def notices(visit: Visit) -> None:
    """What a reader must know before believing the figures: failed build, newer loads, another moment."""
    t, status, texts = visit.t, visit.published, visit.texts
    if status.failed_since:
        st.warning(
            t(
                "The last build ({started}) failed {where}. Shown is the build of {built}; what was loaded "
                "since is not in it.",
                started=texts.moment(status.last_started_at),
                where=failed_where(texts, status.last_stage_failed),
                built=texts.moment(status.built_at),
            ),
            title=t("Figures are not up to date"),
            icon=":material/warning:",
        )
    elif status.behind:
        running = status.last_status == "running"
        st.info(
            t(
                "Files loaded at {loaded} are not in these figures yet.",
                loaded=texts.moment(status.last_loaded_at),
            )
            + " "
            + (t("A build is running.") if running else t("They appear after the next build.")),
            icon=":material/update:",
        )
    behind = stale_for(status, datetime.now(UTC), get_settings().stale_hours)
    if behind is not None:
        st.warning(
            t(
                "Nothing is known after {latest}, {duration} ago. What happened since is missing here, "
                "not zero.",
                latest=texts.moment(status.default_as_of),
                duration=texts.duration(behind),
            ),
            title=t("The data is stale"),
            icon=":material/hourglass_disabled:",
        )
    if visit.is_past:
        st.info(
            t(
                "Shown as things stood at {moment}, by the events' own times. The latest known moment is "
                "{latest}.",
                moment=texts.moment(visit.as_of),
                latest=texts.moment(status.default_as_of),
            ),
            icon=":material/history:",
        )
