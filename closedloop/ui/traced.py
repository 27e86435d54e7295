"""What of a visit is traced: who came in, who was turned away, who opened which page or item, what left as a
file.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

import streamlit as st

from closedloop.access import Person
from closedloop.access.traces import Event, Kind, writer
from closedloop.ui.identity import Identity
from closedloop.ui.registry import ITEM, PageEntry

_LAST = "traced"
#: A page that is turned away runs again with every click, and a probe knocks a thousand times a second.
_REFUSAL_SECONDS = 60
_MOST_REFUSALS = 1000
_refusals: dict[tuple, float] = {}
_refusals_lock = threading.Lock()


def trace(kind: Kind, who: Identity | Person | None, /, **detail: object) -> None:
    """Hand over an event; never waits, never fails. Details may have any name: an address chooses some."""
    if isinstance(who, Identity):
        place = None if who.scope.sees_all else who.scope.bureau_id or who.scope.setting()
        event = Event(kind, who.issuer, who.subject, who.role, place, detail)
    elif who is not None:
        event = Event(kind, who.issuer, who.subject, detail=detail)
    else:
        event = Event(kind, detail=detail)
    writer().put(event)


def trace_refusal(who: Identity | Person | None, why: str, /, **detail: object) -> None:
    """Somebody was turned away: traced once a minute for each person and ``detail``."""
    asked = (who.who if isinstance(who, Identity) else who, tuple(sorted(detail.items())), why)
    now = time.monotonic()
    with _refusals_lock:
        if now - _refusals.get(asked, -_REFUSAL_SECONDS) < _REFUSAL_SECONDS:
            return
        if len(_refusals) >= _MOST_REFUSALS:
            _refusals.clear()
        _refusals[asked] = now
    trace("refused", who, why=why, **detail)


def trace_page(identity: Identity, entry: PageEntry, params: Mapping[str, str]) -> None:
    """A page was opened, or opened anew with other filters; runs in between are not traced."""
    asked = (identity.who, entry.key, tuple(sorted(params.items())))
    if st.session_state.get(_LAST) == asked:
        return
    st.session_state[_LAST] = asked
    kind: Kind = "item" if entry is ITEM and params.get("item") else "page"
    filters = {name: value for name, value in list(params.items())[:12] if name != "page"}
    trace(kind, identity, page=entry.key, **filters)
