"""The sign-in page: all that somebody who is not signed in ever sees, at any address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from urllib.parse import urlencode

import streamlit as st

from closedloop.ui.identity import Identity
from closedloop.ui.language import Texts
from closedloop.ui.registry import PAGES, PageEntry

_STYLE = """
<style>
.cl-people { display: grid; gap: .6rem; max-width: 30rem; margin: .25rem 0 1rem; }
.cl-people button, .cl-out button {
    font: inherit; color: inherit; text-align: left; cursor: pointer; width: 100%;
    background: transparent; border: 1px solid color-mix(in srgb, currentColor 30%, transparent);
    border-radius: 6px; padding: .65rem .9rem; min-height: 44px;
}
.cl-people button:hover, .cl-people button:focus-visible,
.cl-out button:hover, .cl-out button:focus-visible { border-color: currentColor; }
.cl-people small { display: block; opacity: .75; }
.cl-out button { text-align: center; padding: .3rem .8rem; min-height: 38px; }
</style>
"""


def identity_name(identity: Identity, texts: Texts, station: str | None = None) -> str:
    """What an identity is called; by the station's number where its name is not known yet."""
    if identity.role == "leadership":
        return texts.t("Leadership of the city")
    if identity.role == "analyst":
        return texts.t("Analyst")
    if station:
        return texts.t("Head of {station}", station=station)
    return texts.t("Head of station {station}", station=identity.station_id)


def _identity_purpose(identity: Identity, texts: Texts) -> str:
    if identity.role == "leadership":
        return texts.t("Every station: what needs me, and whom do I call?")
    if identity.role == "analyst":
        return texts.t("Every station, and how the data came in.")
    return texts.t("Their own station only; the database enforces it.")


def sign_in_page(texts: Texts, page: PageEntry, people: Mapping[str, Identity], demo: bool) -> None:
    """Who are you? With the identities that are valid here, or an explanation where there are none."""
    st.title(texts.t("Closedloop"))
    st.caption(texts.t("The operational dashboard of a city's police stations"))
    if not people:
        st.info(
            texts.t(
                "This warehouse does not hold the demo, and no sign-in is configured. Its pages stay shut; "
                "loading and building on the command line work as they are. To look at your own files on "
                "this machine: python -m closedloop run --trial"
            ),
            title=texts.t("Nobody can sign in here yet"),
            icon=":material/lock:",
        )
        return
    st.markdown(
        texts.t("**Synthetic data of a fictional city.** Choose as whom to look; there is no password.")
        if demo
        else texts.t(
            "**A trial on this machine.** There is no password: whoever sits here sees every station."
        )
    )
    wanted = page.address
    query = urlencode([(k, v) for k in st.query_params for v in st.query_params.get_all(k)])
    if query:
        wanted += f"?{query}"
    buttons = "".join(
        f'<button name="who" value="{escape(identity.who)}">{escape(identity_name(identity, texts))}'
        f"<small>{escape(_identity_purpose(identity, texts))}</small></button>"
        for identity in people.values()
    )
    st.html(
        f"{_STYLE}<form class='cl-people' method='post' action='demo/sign-in'>"
        f"<input type='hidden' name='next' value='{escape(wanted)}'>{buttons}</form>"
    )


def sign_out_form(texts: Texts) -> None:
    """A button that ends the session, wherever it is open."""
    st.html(
        f"{_STYLE}<form class='cl-out' method='post' action='sign-out'>"
        f"<button>{escape(texts.t('Sign out'))}</button></form>"
    )


def closed_pages(show: Callable[[PageEntry], None]) -> list[st.Page]:
    """Every address of the product, all of them leading to ``show``: no page file can run."""
    return [
        st.Page(
            lambda page=page: show(page),
            title="Closedloop",
            url_path=page.address or "today",
            default=not page.address,
        )
        for page in PAGES
    ]
