"""A page on paper: the page itself, without menu, filters and buttons, small enough for A4."""

from __future__ import annotations

import streamlit as st

_CSS = """
<style>
@media print {
    @page { size: A4 portrait; margin: 8mm; }
    html, body, #root, [data-testid=stApp], [data-testid=stAppViewContainer], [data-testid=stMain] {
        height: auto !important; overflow: visible !important; position: static !important;
        background: #fff !important; display: block !important;
    }
    :root, [data-testid=stApp] { color-scheme: light !important; color: #111 !important; }
    [data-testid=stSidebar], [data-testid=stHeader], [data-testid=stToolbar], [data-testid=stDecoration],
    [data-testid=stSidebarCollapsedControl], [data-testid=stPopover], .st-key-menu,
    [class*=st-key-screen_] { display: none !important; }
    [data-testid=stMainBlockContainer] { padding: 0 !important; max-width: none !important; }
    [data-testid=stVerticalBlock] { gap: .4rem !important; }
    [data-testid=stVerticalBlock] > [data-testid=stLayoutWrapper] { margin-bottom: 0 !important; }
    [data-testid=stHorizontalBlock] { gap: .8rem !important; }
    h1 { font-size: 1.15rem !important; padding: 0 !important; margin: 0 !important; }
    h2, h3 { font-size: .82rem !important; padding: .1rem 0 0 !important; margin: 0 !important; }
    [data-testid=stCaptionContainer], [data-testid=stCaptionContainer] p {
        font-size: .62rem !important; margin: 0;
    }
    .cl-table { margin: 0; overflow: visible; }
    .cl-table table { font-size: .64rem; }
    .cl-table th { font-size: .6rem; }
    .cl-table th, .cl-table td { padding: .06rem .3rem; }
    .cl-table td:last-child:not(.cl-number) { min-width: 0; font-size: .6rem; }
    .cl-registers { grid-template-columns: repeat(3, 1fr); gap: .2rem 1rem; }
    .cl-registers h3 { font-size: .66rem; margin: 0; }
    .cl-registers dd { font-size: .72rem; }
    .cl-facts { gap: .1rem .8rem; grid-template-columns: repeat(4, 1fr); font-size: .68rem; }
    .cl-facts dt { font-size: .58rem; }
    .cl-link { color: inherit; text-decoration: none; }
    /* Twenty rules in two columns, without the mends, which are for the screen. */
    .cl-findings th:nth-child(n + 4), .cl-findings td:nth-child(n + 4) { display: none; }
    .cl-findings table, .cl-findings thead, .cl-findings tbody { display: block; }
    .cl-findings thead th { border: 0 !important; padding-right: .8rem; }
    .cl-findings tbody { columns: 2; column-gap: 1rem; }
    .cl-findings tr { display: flex; break-inside: avoid; border-bottom: 1px solid #ddd; }
    .cl-findings td { border: 0 !important; }
    .cl-findings td:first-child { flex: 1; overflow: hidden; text-overflow: ellipsis; }
}
</style>
"""


def put_print_style() -> None:
    """Send the styles; takes no room on the page."""
    st.html(_CSS)
