"""Where a file to load is chosen. What reads it takes 40 MB, and is imported once there is one."""

from __future__ import annotations

import streamlit as st

from closedloop.ui.cards import Explanation, heading
from closedloop.ui.visit import Visit

#: Keys under which the session remembers what becomes of the file that is chosen.
OF_THE_FILE = PREVIEW, DRAFT, GOING, KEEPING = (
    "upload_preview",
    "upload_draft",
    "upload_going",
    "upload_keeping",
)


def upload_section(visit: Visit) -> None:
    """A file, how to read it, what would become of it, and the button that loads it."""
    t = visit.t
    heading(
        visit,
        t("Load an export"),
        Explanation(
            t(
                "The same as the command load: bad rows go to quarantine with their reasons, columns that "
                "nothing names are dropped, a caller becomes a keyed hash, numbers of persons in texts are "
                "masked. Nothing is written before the button is pressed."
            )
        ),
        key="upload",
    )
    if visit.published.demo:
        st.caption(
            ":material/warning: "
            + t("This is the demo, and its pages need no password: load no real file into it.")
        )
    file = st.file_uploader(t("An export: CSV, XLSX, old XLS, ODS, or a web page named .xls"), key="upload")
    if file is None:
        for key in OF_THE_FILE:
            st.session_state.pop(key, None)
        return
    from closedloop.ui.upload_view import show_upload

    show_upload(visit, file.name, file.getvalue())
