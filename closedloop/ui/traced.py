"""What of a visit is traced: who opened which page or item, and what left as a file."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from closedloop.access import Person
from closedloop.access.traces import Event, Kind, writer
from closedloop.ui.identity import Identity
from closedloop.ui.registry import ITEM, PageEntry

_LAST = "traced"


def trace(kind: Kind, who: Identity | Person | None, **detail: object) -> None:
    """Hand over an event; never waits, never fails."""
    if isinstance(who, Identity):
        place = None if who.scope.sees_all else who.scope.bureau_id or who.scope.setting()
        event = Event(kind, who.issuer, who.subject, who.role, place, detail)
    elif who is not None:
        event = Event(kind, who.issuer, who.subject, detail=detail)
    else:
        event = Event(kind, detail=detail)
    writer().put(event)


def trace_page(identity: Identity, entry: PageEntry, params: Mapping[str, str]) -> None:
    """A page was opened, or opened anew with other filters; runs in between are not traced."""
    asked = (identity.who, entry.key, tuple(sorted(params.items())))
    if st.session_state.get(_LAST) == asked:
        return
    st.session_state[_LAST] = asked
    kind: Kind = "item" if entry is ITEM and params.get("item") else "page"
    trace(kind, identity, page=entry.key, **dict(list(params.items())[:12]))
