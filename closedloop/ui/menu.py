"""The menu above every page, and the sidebar with who, language and filters."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from closedloop.settings import get_settings
from closedloop.ui import filters
from closedloop.ui.document import remember_language, usual_language
from closedloop.ui.language import LANGUAGES
from closedloop.ui.registry import DRAWERS, PageEntry, drawer_name, page_summary
from closedloop.ui.signin import can_sign_out, identity_name, kind_of_data, sign_out_form
from closedloop.ui.visit import Visit


def top_menu(visit: Visit, pages: Mapping[PageEntry, st.Page], entry: PageEntry) -> None:
    """Links to the pages of the menu; they carry the shared filters along.

    The everyday pages stand in the open, the others in drawers. A drawer that holds the present page says so.
    On a phone one control that names the present page opens all of them; the styles show one or the other.
    """
    params = visit.shared
    shown = {page: target for page, target in pages.items() if page.in_menu}
    if not shown:
        return
    with st.container(gap=None, key="menu"):
        _wide_menu(visit, shown, entry, params)
        here = pages[entry].title if entry in pages else visit.t("Pages")
        with st.popover(
            here, icon=":material/menu:", type="tertiary", width="stretch", key="menu_phone"
        ):
            for page, target in shown.items():
                if not page.drawer:
                    _link(visit, page, target, params)
            for drawer, inside in _drawers(shown):
                st.caption(drawer_name(drawer, visit.texts))
                for page, target in inside.items():
                    _link(visit, page, target, params)


def _drawers(shown: Mapping[PageEntry, st.Page]) -> list[tuple[str, dict[PageEntry, st.Page]]]:
    """The drawers that hold a page, in order."""
    found = [(d, {page: target for page, target in shown.items() if page.drawer == d}) for d in DRAWERS]
    return [(drawer, inside) for drawer, inside in found if inside]


def _wide_menu(
    visit: Visit, shown: Mapping[PageEntry, st.Page], entry: PageEntry, params: Mapping[str, str]
) -> None:
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="menu_wide"):
        for page, target in shown.items():
            if not page.drawer:
                _link(visit, page, target, params)
        for drawer, inside in _drawers(shown):
            name = drawer_name(drawer, visit.texts)
            label = f"{name} · {inside[entry].title}" if entry in inside else name
            with st.popover(label, type="tertiary", key=f"drawer_{drawer}"):
                for page, target in inside.items():
                    _link(visit, page, target, params)


def _link(visit: Visit, page: PageEntry, target: st.Page, params: Mapping[str, str]) -> None:
    st.page_link(
        target,
        label=target.title,
        icon=page.icon,
        help=page_summary(page, visit.texts),
        query_params=params,
    )


def sidebar(visit: Visit, entry: PageEntry) -> None:
    """Who looks, in which language, through which filters."""
    t, texts = visit.t, visit.texts
    with st.sidebar:
        st.markdown(f"#### {t('Closedloop')}")
        if said := kind_of_data(visit):
            st.caption(said)
        if "station" in entry.filters:
            if visit.leads:
                filters.select(
                    t("Station"),
                    "station",
                    visit.names.stations(),
                    visit.names.station,
                    everything=t("All stations"),
                )
            else:
                st.markdown(f"**{t('Station')}** {visit.names.station(visit.identity.station_id)}")
        if "as_of" in entry.filters:
            filters.moment(
                t("As of"),
                "as_of",
                visit.as_of,
                texts.zone,
                visit.published.default_as_of,
                t("Any past moment; the default is the latest moment that complete loads cover."),
            )
        if "period" in entry.filters:
            latest = visit.last_full_day
            filters.period(
                t("Period (calendar days)"),
                (visit.first_day, visit.last_day),
                latest,
                filters.parse_period({}, latest),
            )
        filters.switch(
            t("Language"),
            "lang",
            tuple(LANGUAGES),
            LANGUAGES.__getitem__,
            usual_language(),
            then=remember_language,
        )
        st.divider()
        st.markdown(f":material/person: {identity_name(visit.identity, texts, visit.names)}")
        if can_sign_out(get_settings()):
            sign_out_form(texts)
