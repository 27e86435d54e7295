"""Links to the downloads of what a page shows."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

import streamlit as st

from closedloop.ui.visit import Visit


def download_links(visit: Visit, key: str) -> str:
    """Links, as HTML for ``st.html``, to the CSV and the XLSX of list ``key``, through the page's filters."""
    pairs = [(name, value) for name in st.query_params for value in st.query_params.get_all(name)]
    if "lang" not in st.query_params:
        pairs.append(("lang", visit.texts.language))
    query = urlencode(pairs)
    return " · ".join(
        f"<a class='cl-link' href='{escape(f'download/{key}.{form}?{query}')}' download>↓ {escape(label)}</a>"
        for form, label in (
            ("csv", visit.t("Download as CSV")),
            ("xlsx", visit.t("as XLSX")),
        )
    )
