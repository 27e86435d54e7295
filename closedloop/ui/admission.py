"""Who is let in, asked on every run and for every file: proof, an open session, a grant in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from closedloop import access
from closedloop.access import Entry, Person
from closedloop.access.entrance import DEMO
from closedloop.queries.status import Published
from closedloop.settings import Settings, get_settings
from closedloop.ui.demo import open_identities, published_to_anybody
from closedloop.ui.gateway import VOUCHED, vouched_for
from closedloop.ui.identity import COOKIE, Identity, sessions
from closedloop.ui.traced import trace

#: Why nobody is let in. ``nobody``: not signed in. ``no_grant``: signed in, and nothing granted.
Refusal = Literal["nobody", "no_grant", "unknown", "signed_out", "idle", "expired", "revoked"]


@dataclass(frozen=True)
class Admission:
    """Who is let in (``identity``), or who is not and why."""

    identity: Identity | None
    person: Person | None = None
    refusal: Refusal | None = None


def proven(cookies: Mapping[str, str], headers: Mapping[str, str], settings: Settings) -> Person | None:
    """Who somebody proves to be. Where a gateway signs people in, nothing else counts."""
    if settings.gateway_key is not None:
        return vouched_for(headers.get(VOUCHED), settings)
    return sessions(settings).read(cookies.get(COOKIE))


def admit(person: Person | None, status: Published, settings: Settings) -> Admission:
    """Let a person in, or say why not. Raises WarehouseUnavailable."""
    if person is None:
        return Admission(None, None, "nobody")
    if person.issuer == DEMO:
        identity = open_identities(settings, status).get(person.subject)
        if identity is None:
            return Admission(None, None, "nobody")
        entry = access.enter(person, settings)
        return Admission(identity, person) if entry.is_open else _refused(person, entry)
    if person.issuer != settings.issuer:
        # Signed in by somebody who is no longer asked.
        return Admission(None, None, "nobody")
    entry = access.enter(person, settings)
    if entry.session == "unknown" and person.issuer == access.GATEWAY:
        # The gateway signed them in, outside; here their session begins with the connection.
        access.begin_session(person, settings)
        trace("sign_in", person)
        entry = access.enter(person, settings)
    if not entry.is_open:
        return _refused(person, entry)
    identity = None if entry.grant is None else Identity.of(person.subject, entry.grant, person.issuer)
    if identity is None:
        return Admission(None, person, "no_grant")
    return Admission(replace(identity, name=identity.name or person.name), person)


def _refused(person: Person, entry: Entry) -> Admission:
    return Admission(None, person, entry.session)  # type: ignore[arg-type]


def of_this_page(status: Published) -> Admission:
    """The admission of the browser whose page is being run."""
    settings = get_settings()
    return admit(proven(st.context.cookies, st.context.headers, settings), status, settings)


def require_still_admitted(identity: Identity) -> None:
    """A part of a page that runs again by itself asks again; whoever is out gets the whole page anew."""
    context = get_script_run_ctx()
    if context is None or not context.fragment_ids_this_run:
        return
    if of_this_page(published_to_anybody()).identity != identity:
        st.rerun(scope="app")
