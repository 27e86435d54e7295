"""The sign-in page and its like: all that somebody who is not let in ever sees, at any address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from urllib.parse import urlencode

import streamlit as st

from closedloop.access import Person
from closedloop.settings import Settings
from closedloop.ui.admission import Refusal
from closedloop.ui.identity import DEMO_IDENTITIES, Identity
from closedloop.ui.language import Texts
from closedloop.ui.names import Names
from closedloop.ui.registry import ALL_PAGES, PageEntry, page_title
from closedloop.ui.visit import Visit

_STYLE = """
<style>
.cl-people { display: grid; gap: .6rem; max-width: 30rem; margin: .25rem 0 1rem; }
.cl-people button, .cl-people a, .cl-out button {
    font: inherit; color: inherit; text-align: left; cursor: pointer; width: 100%; text-decoration: none;
    background: transparent; border: 1px solid color-mix(in srgb, currentColor 30%, transparent);
    border-radius: 6px; padding: .65rem .9rem; min-height: 44px;
}
.cl-people button:hover, .cl-people button:focus-visible,
.cl-people a:hover, .cl-people a:focus-visible,
.cl-out button:hover, .cl-out button:focus-visible { border-color: currentColor; }
.cl-people small { display: block; opacity: .75; }
.cl-out button { text-align: center; padding: .3rem .8rem; min-height: 38px; }
</style>
"""


def identity_name(identity: Identity, texts: Texts, names: Names | None = None) -> str:
    """What an identity is called: its part and its place, by number where names are not known yet."""
    t = texts.t
    if identity.at_station:
        if names is None:
            place = t("station {station}", station=identity.station_id)
        else:
            place = t(", ").join(names.station(station) for station in sorted(identity.scope.stations))
        return {
            "station_head": t("Head of {place}", place=place),
            "instructor": t("Political instructor of {place}", place=place),
            "control_post": t("Control post of {place}", place=place),
        }[identity.role]
    bureau = identity.scope.bureau_id
    place = t("the city") if bureau is None else names.name("bureau", bureau) if names else bureau
    some = (
        identity.scope.stations if isinstance(identity.scope.stations, frozenset) and bureau is None else ()
    )
    if some:
        place = t(", ").join(names.station(station) if names else station for station in sorted(some))
    return {
        "leadership": t("Leadership of {place}", place=place),
        "duty_officer": t("Duty officer of {place}", place=place),
        "analyst": t("Analyst of {place}", place=place) if bureau or some else t("Analyst"),
        "operator": t("Operator"),
        "account_admin": t("Account administrator"),
        "auditor": t("Auditor"),
        "wall": t("Wall display"),
    }[identity.role]


def _identity_purpose(identity: Identity, texts: Texts) -> str:
    if identity.role == "leadership":
        return texts.t("Every station: what needs me, and whom do I call?")
    if identity.role == "analyst":
        return texts.t("Every station, and how the data came in.")
    if identity.role == "wall":
        return texts.t("Counts of every station on one screen, and no item.")
    return texts.t("Their own station only; the database enforces it.")


def kind_of_data(visit: Visit) -> str | None:
    """What must be said beside figures that are not the bureau's own; None where they are."""
    if visit.published.demo:
        return visit.t("Demo: synthetic data of a fictional city")
    if visit.identity.who in DEMO_IDENTITIES:
        return visit.t("Trial on this machine, without sign-in")
    return None


def can_sign_out(settings: Settings) -> bool:
    """False where a gateway signs people in and did not say where it signs them out."""
    return settings.gateway_key is None or settings.gateway_sign_out is not None


def _over(texts: Texts, refusal: Refusal | None, settings: Settings) -> str | None:
    """Why somebody who was signed in is not any more."""
    return {
        "idle": texts.n(
            "The session ended after a minute without use.",
            "The session ended after {count} minutes without use.",
            round(settings.idle_minutes),
        ),
        "expired": texts.n(
            "A session lasts an hour at most, and this one is over.",
            "A session lasts {count} hours at most, and this one is over.",
            round(settings.session_hours),
        ),
        "revoked": texts.t("Your access was taken back."),
    }.get(refusal or "")


def sign_in_page(
    texts: Texts,
    page: PageEntry,
    people: Mapping[str, Identity],
    demo: bool,
    settings: Settings,
    refusal: Refusal | None = None,
) -> None:
    """Who are you? With a provider, the identities that are valid here, or why nobody can sign in."""
    st.title(texts.t("Closedloop"))
    st.caption(texts.t("The operational dashboard of a city's police stations"))
    if said := _over(texts, refusal, settings):
        st.info(said, icon=":material/logout:")
    if settings.oidc_issuer is not None:
        _provider_form(texts, page)
        return
    if settings.gateway_key is not None:
        st.info(
            texts.t("Load this page again: the gateway signs you in."),
            title=texts.t("Not signed in"),
            icon=":material/lock:",
        )
        return
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
    buttons = "".join(
        f'<button name="who" value="{escape(identity.who)}">{escape(identity_name(identity, texts))}'
        f"<small>{escape(_identity_purpose(identity, texts))}</small></button>"
        for identity in people.values()
    )
    st.html(
        f"{_STYLE}<form class='cl-people' method='post' action='demo/sign-in'>"
        f"<input type='hidden' name='next' value='{escape(_wanted(page))}'>{buttons}</form>"
    )


def _wanted(page: PageEntry) -> str:
    query = urlencode([(k, v) for k in st.query_params if k != "sign_in" for v in st.query_params.get_all(k)])
    return page.address + (f"?{query}" if query else "")


def _provider_form(texts: Texts, page: PageEntry) -> None:
    outcome = st.query_params.get("sign_in")
    if outcome == "unavailable":
        st.error(
            texts.t("The sign-in service does not answer. Try again in a moment."),
            icon=":material/cloud_off:",
        )
    elif outcome == "refused":
        st.error(
            texts.t("The sign-in was refused. Try again; the server's log says why."), icon=":material/block:"
        )
    # A link, not a form: our own pages may send forms to nobody else, redirects included.
    address = f"sign-in?{urlencode({'next': _wanted(page)})}"
    st.html(
        f"{_STYLE}<p class='cl-people'><a class='provider' target='_self' href='{escape(address)}'>"
        f"{escape(texts.t('Sign in'))}"
        f"<small>{escape(texts.t('With the account of your service'))}</small></a></p>"
    )


def no_grant_page(texts: Texts, person: Person, settings: Settings) -> None:
    """Signed in, and nothing granted: whom to ask, and what to tell them."""
    t = texts.t
    st.title(t("You are signed in, and have no access yet"))
    st.markdown(t("Ask {ask}, and say this:", ask=_whom_to_ask(settings, texts)))
    st.code(f"{person.subject}\n{person.issuer}", language=None)
    st.caption(t("As soon as access is granted, load this page again."))
    if can_sign_out(settings):
        sign_out_form(texts)


def _whom_to_ask(settings: Settings, texts: Texts) -> str:
    return settings.ask or texts.t("the administrator of Closedloop at your bureau")


def nothing_for_you_page(texts: Texts, identity: Identity, settings: Settings) -> None:
    """A part that has to do with no page of this release."""
    st.title(identity_name(identity, texts))
    st.info(texts.t("This part has no page here. Its work is done on the command line."))
    if can_sign_out(settings):
        sign_out_form(texts)


def not_your_page(visit: Visit, settings: Settings, page: PageEntry, first: st.Page) -> None:
    """A page that is for another part: whom to ask, and the way to ``first``."""
    t = visit.t
    st.title(t("Not among your pages"))
    st.info(
        t(
            "The page “{page}” is for another part; you are here as {who}. If your work needs it, ask {ask}.",
            page=page_title(page, visit.texts),
            who=identity_name(visit.identity, visit.texts, visit.names),
            ask=_whom_to_ask(settings, visit.texts),
        )
    )
    st.page_link(
        first,
        label=t("Back to {page}", page=first.title),
        icon=":material/arrow_back:",
        query_params=visit.shared,
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
        for page in ALL_PAGES
    ]
