"""The little styling that the theme cannot say: figures, facts and timelines. Sent once per page."""

from __future__ import annotations

import streamlit as st

#: The mark in the browser's tab. Drawn here, because an icon by name is fetched from another host.
ICON = (
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'>"
    "<rect width='32' height='32' rx='7' fill='#1F4E8C'/>"
    "<path d='M23 11a9 9 0 1 0 2 7' fill='none' stroke='#fff' stroke-width='3.2' stroke-linecap='round'/>"
    "<path d='M24.5 6.5v5.5h-5.5' fill='none' stroke='#fff' stroke-width='3.2' stroke-linecap='round'/></svg>"
)

_CSS = """
<style>
/* The theme's own shades of small print and of what is chosen are too faint to read (WCAG 2.1, 1.4.3). */
[data-testid=stCaptionContainer], [data-testid=stCaptionContainer] p {
    color: light-dark(#56606E, #B3BDCA); opacity: 1;
}
[data-selected=true] [data-testid=stMarkdownContainer] p { color: light-dark(#1F4E8C, #A9CBF7); }
.cl-value { font-size: 1.9rem; font-weight: 650; line-height: 1.2; font-variant-numeric: tabular-nums; }
.cl-value small { font-size: .9rem; font-weight: 400; opacity: .75; margin-left: .3rem; }
.cl-parts {
    display: flex; flex-wrap: wrap; gap: .1rem .8rem; font-size: .88rem; min-height: 1.3rem;
    padding-bottom: .3rem;
}
.cl-parts .none { opacity: .7; }
.cl-red { color: light-dark(#B3261E, #FF8A80); font-weight: 600; }
.cl-yellow { color: light-dark(#7A5200, #E3B341); font-weight: 600; }
.cl-blue { color: light-dark(#1B57AF, #8AB9FF); font-weight: 600; }
.cl-link { color: light-dark(#1F4E8C, #8AB6F0); }
.cl-chip {
    border: 1px solid color-mix(in srgb, currentColor 35%, transparent); border-radius: 999px;
    padding: .05rem .5rem; font-size: .8rem; white-space: nowrap;
}
.cl-head { display: flex; flex-wrap: wrap; gap: .3rem .8rem; align-items: center; }
.cl-title { font-size: 1.15rem; font-weight: 600; margin: .4rem 0 0; overflow-wrap: anywhere; }
.cl-facts {
    display: grid; grid-template-columns: repeat(auto-fill, minmax(min(9.5rem, 100%), 1fr));
    gap: .6rem 1.2rem; margin: 0; padding: 0 !important;
}
.cl-facts dt { font-size: .8rem; opacity: .75; }
.cl-facts dd { margin: 0; overflow-wrap: anywhere; }
.cl-facts .cl-wide { grid-column: 1 / -1; }
.cl-entry {
    padding: .5rem 0 .7rem; border-bottom: 1px solid color-mix(in srgb, currentColor 16%, transparent);
}
.cl-entry h3 { font-size: 1.02rem; font-weight: 600; margin: 0 0 .35rem; padding: 0; }
.cl-entry h3 small { font-size: .78rem; font-weight: 400; opacity: .75; margin-left: .4rem; }
.cl-registers {
    display: grid; gap: .6rem 2rem; grid-template-columns: repeat(auto-fit, minmax(min(16rem, 100%), 1fr));
}
.cl-registers h3 { font-size: .95rem; font-weight: 600; margin: 0 0 .2rem; padding: 0; }
.cl-registers .cl-facts { grid-template-columns: repeat(4, auto); gap: .2rem .8rem; }
.cl-registers dd { font-size: 1.15rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.cl-timeline { list-style: none; margin: 0; padding: 0 0 0 .4rem !important; }
.cl-event {
    display: grid; grid-template-columns: 9.5rem 1fr; gap: 0 .9rem; padding: .45rem 0 .45rem .9rem;
    border-left: 2px solid color-mix(in srgb, currentColor 30%, transparent); overflow-wrap: anywhere;
}
/* What is chosen stands in white on the colour of the theme, which is too light for that by night. */
[data-testid=stMultiSelectTagsContainer] [data-tag] {
    background-color: light-dark(#1F4E8C, #346DB9) !important;
}
.cl-event time { font-variant-numeric: tabular-nums; white-space: nowrap; }
.cl-gone b, .cl-gone time { text-decoration: line-through; }
.cl-gone { opacity: .75; }
.cl-source { font-size: .78rem; opacity: .72; }
.cl-table { overflow-x: auto; margin: .3rem 0 1rem; }
.cl-table table { border-collapse: collapse; width: 100%; font-size: .9rem; margin: 0; }
.cl-table th, .cl-table td {
    padding: .35rem .6rem; text-align: left; vertical-align: baseline; border: 0;
    border-bottom: 1px solid color-mix(in srgb, currentColor 16%, transparent);
}
.cl-table th { font-weight: 600; font-size: .82rem; opacity: .8; white-space: nowrap; }
.cl-table .cl-number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.cl-table td:first-child { white-space: nowrap; }
.cl-many th, .cl-many th.cl-number { white-space: normal; vertical-align: bottom; }
.cl-many td small { white-space: nowrap; }
.cl-table td small { display: block; opacity: .75; }
.cl-table td:last-child:not(.cl-number) { min-width: 12rem; font-size: .82rem; opacity: .85; }
/* What a phone shows in another form stands in two containers: one for it, one for wide windows. */
.st-key-menu_phone, [class*=st-key-narrow_] { display: none; }
.st-key-freshness p { font-size: .8rem; font-variant-numeric: tabular-nums; }
.st-key-freshness { margin-top: -.6rem; }
.cl-figures { font-size: .85rem; margin: 0; }
.cl-figures summary { cursor: pointer; min-height: 24px; color: light-dark(#1F4E8C, #8AB6F0); }
@media (max-width: 640px) {
    .st-key-menu_wide, [class*=st-key-wide_] { display: none; }
    .st-key-menu_phone, [class*=st-key-narrow_] { display: flex; }
    .st-key-menu_phone button { justify-content: flex-start; padding-left: 0; }
    [data-testid=stMainBlockContainer] { padding-top: 3rem; }
    .cl-event { grid-template-columns: 1fr; }
    .cl-table td:last-child:not(.cl-number) { min-width: 24rem; }
}
@media screen and (max-width: 640px) {
    .cl-many table, .cl-many tbody, .cl-many tr { display: block; }
    .cl-many thead {
        position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden;
    }
    .cl-many tr {
        padding: .4rem 0; border-bottom: 1px solid color-mix(in srgb, currentColor 16%, transparent);
    }
    .cl-many td, .cl-many td.cl-number, .cl-many td:last-child:not(.cl-number) {
        display: grid; grid-template-columns: auto 1fr; column-gap: 1rem; border: 0; padding: .12rem 0;
        min-width: 0; text-align: right; white-space: normal; font-size: .9rem; opacity: 1;
    }
    .cl-many td:first-child { font-weight: 600; text-align: left; }
    .cl-many td:empty { display: none !important; }
    .cl-many td:not(:first-child)::before {
        content: attr(data-column); text-align: left; font-weight: 400; opacity: .8; max-width: 50vw;
    }
    .cl-many td small { grid-column: 1 / -1; white-space: normal; }
}
</style>
"""


def put_style() -> None:
    """Send the styles; takes no room on the page."""
    st.html(_CSS)
