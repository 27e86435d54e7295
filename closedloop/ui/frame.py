"""The frame: runs first at every address, lets nobody past without sign-in and grant, then runs the page."""

import logging
from dataclasses import replace

import streamlit as st

from closedloop.errors import ClosedloopError
from closedloop.settings import get_settings
from closedloop.ui import filters, visit
from closedloop.ui.admission import of_this_page
from closedloop.ui.asking import BuildChanged
from closedloop.ui.demo import open_identities, published_to_anybody
from closedloop.ui.document import put_document, usual_language
from closedloop.ui.freshness import freshness_line
from closedloop.ui.ignored import ignored_names, ignored_shared, say_ignored, say_other_station
from closedloop.ui.language import texts_for
from closedloop.ui.menu import sidebar, top_menu
from closedloop.ui.names import known_names
from closedloop.ui.reach import say_where_data_begin
from closedloop.ui.registry import WALL, page_title, pages_not_of, pages_of
from closedloop.ui.signin import (
    closed_pages,
    no_grant_page,
    not_your_page,
    nothing_for_you_page,
    sign_in_page,
)
from closedloop.ui.states import explain_trouble, is_of_a_value, notices, page_failed, value_unknown
from closedloop.ui.style import ICON, put_style
from closedloop.ui.traced import trace_page, trace_refusal

settings = get_settings()
language = filters.one_of(st.query_params.get("lang"), ("zh", "en"), usual_language())
texts = texts_for(language, settings.zone)
st.set_page_config(
    page_title=texts.t("Closedloop"), page_icon=ICON, layout="wide", initial_sidebar_state="auto"
)
put_document(texts)
put_style()

try:
    status = published_to_anybody()
    admission = of_this_page(status)
except ClosedloopError as error:
    # Nothing to protect and nothing to show, signed in or not.
    trouble = error
    visit.end()
    st.navigation(closed_pages(lambda _: explain_trouble(texts, trouble)), position="hidden").run()
    st.stop()

identity = admission.identity
if identity is None:
    visit.end()
    people = open_identities(settings, status)

    def refused(page) -> None:
        if admission.refusal == "no_grant" and admission.person is not None:
            trace_refusal(admission.person, "no grant")
            no_grant_page(texts, admission.person, settings)
        else:
            sign_in_page(texts, page, people, status.demo, settings, admission.refusal)

    st.navigation(closed_pages(refused), position="hidden").run()
    st.stop()

entries = pages_of(identity, st.query_params.get("view"))
if not entries:
    visit.end()
    st.navigation(
        closed_pages(lambda _: nothing_for_you_page(texts, identity, settings)), position="hidden"
    ).run()
    st.stop()

pages = {
    page: st.Page(
        page.file,
        title=page_title(page, texts, identity),
        icon=page.icon,
        url_path=page.address or None,
        default=page is entries[0],
    )
    for page in entries
}
# Else the front end would show the first page there, behind a dialog.
others = {
    page: st.Page(lambda: None, title=texts.t("Not among your pages"), url_path=page.address)
    for page in pages_not_of(entries)
}
chosen = st.navigation([*pages.values(), *others.values()], position="hidden")
entry = next(page for page, item in {**pages, **others}.items() if item.url_path == chosen.url_path)
st.set_page_config(page_title=f"{chosen.title} · {texts.t('Closedloop')}")

try:
    names = known_names(identity.scope, status.build_id, status.default_as_of, texts)
    here = visit.make(identity, texts, status, names, st.query_params, settings)
    visit.begin(here)
    if entry in others:
        trace_refusal(identity, "not for this part", page=entry.key)
        sidebar(here, replace(entry, filters=()))
        top_menu(here, pages, entry)
        not_your_page(here, settings, entry, pages[entries[0]])
        freshness_line(texts, status)
        st.stop()
    trace_page(identity, entry, st.query_params.to_dict())
    if entry is not WALL:
        sidebar(here, entry)
        top_menu(here, pages, entry)
        freshness_line(texts, status)
        notices(here)
        say_where_data_begin(here)
        say_other_station(here, st.query_params)
        unknown = ignored_names(st.query_params, st.query_params, entry.asks)
        say_ignored(here, [*ignored_shared(st.query_params, here), *unknown])
    chosen.run()
except BuildChanged:
    # Two builds must not stand on one page: start over with the newer one.
    st.rerun()
except ClosedloopError as error:
    explain_trouble(texts, error)
except Exception as error:
    if is_of_a_value(error):
        logging.getLogger("closedloop.pages").warning("page %s was sent what no widget holds", entry.key)
        value_unknown(texts)
    else:
        logging.getLogger("closedloop.pages").exception("page %s failed", entry.key)
        page_failed(texts)
