"""Wall (大屏): one screen of counts by station that keeps itself up to date; no item, no place."""

import logging
from datetime import UTC, datetime

import streamlit as st

from closedloop.errors import ClosedloopError
from closedloop.settings import get_settings
from closedloop.ui.asking import BuildChanged
from closedloop.ui.demo import published_to_anybody
from closedloop.ui.visit import current
from closedloop.ui.wall_style import WALL_CSS
from closedloop.ui.wall_view import stopped_html, wall_html

_LAST = "wall_last"

st.html(WALL_CSS)


@st.fragment(run_every=get_settings().wall_seconds)
def wall() -> None:
    """The screen; without an answer the last one stays, and says since when it is no longer kept up."""
    visit = current()
    now = datetime.now(UTC)
    try:
        if published_to_anybody() != visit.published:
            # Another build, a failed one, newer loads: the frame begins anew, the grant is asked again.
            st.rerun(scope="app")
        shown = wall_html(visit, now)
        st.session_state[_LAST] = (now, shown)
    except BuildChanged:
        st.rerun(scope="app")
    except ClosedloopError as error:
        if _LAST not in st.session_state:
            raise
        logging.getLogger("closedloop.pages").warning("the wall keeps its last figures: %s", error)
        at, shown = st.session_state[_LAST]
        shown = stopped_html(visit, at) + shown
    st.html(f"<div class='cl-wall'>{shown}</div>")


wall()
