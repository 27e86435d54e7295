"""What an address asks for and does not get, said instead of silently left out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import streamlit as st

from closedloop.ui import filters
from closedloop.ui.exports.model import Params
from closedloop.ui.language import LANGUAGES
from closedloop.ui.visit import SHARED, Visit

_HARMLESS = re.compile(r"[\w:.-]{1,60}")


def named(name: str, value: str) -> str:
    """``name=value``, or the name alone for a value like no option: nothing hostile is repeated."""
    if not _HARMLESS.fullmatch(name):
        return "…"
    return f"{name}={value}" if _HARMLESS.fullmatch(value) else name


def ignored_names(params: Params, names: Iterable[str], known: Iterable[str]) -> list[str]:
    """Those of the ``names`` in an address that are no filter of the page, whose own ones are ``known``."""
    understood = {*SHARED, *known}
    return [named(name, params.get(name) or "") for name in names if name not in understood]


def ignored_values(params: Params, known: Mapping[str, Sequence[str]]) -> list[str]:
    """The values of an address that are none of the known options, as ``loop=volunteer``."""
    return [
        named(name, value)
        for name, options in known.items()
        for value in params.get_all(name)
        if value not in options
    ]


def ignored_shared(params: Params, visit: Visit) -> list[str]:
    """Those of the filters of every page that ask for what there is not: a station that is unknown or not the
    visitor's, a moment that is none or lies after the latest known one, a day that is none.
    """
    zone, latest = visit.texts.zone, visit.published.default_as_of
    # Whoever has one station is told so in words of its own.
    stations = {"station": visit.names.stations()} if visit.leads else {}
    found = ignored_values(params, {**stations, "lang": tuple(LANGUAGES)})
    moment = params.get("as_of")
    if moment is not None:
        read = filters.parse_moment(moment, zone, latest)
        if filters.format_moment(read, zone) != moment:
            found.append(named("as_of", moment))
    for name, day in (("from", visit.first_day), ("to", visit.last_day)):
        asked = params.get(name)
        if asked is not None and asked != day.isoformat():
            found.append(named(name, asked))
    return found


def say_ignored(visit: Visit, found: Sequence[str]) -> None:
    """A notice that names what was ignored; nothing when nothing was."""
    if found:
        st.warning(
            visit.t(
                "No filter of this page, or none of its values, so it was ignored: {filters}",
                filters=", ".join(f"`{one}`" for one in found),
            ),
            icon=":material/filter_list_off:",
        )


def say_other_station(visit: Visit, params: Params) -> None:
    """A notice for somebody of one station whose address asks for another; nothing in any other case.

    Whether the other one exists is not said.
    """
    if visit.leads or all(asked in visit.names.stations() for asked in params.get_all("station")):
        return
    st.info(
        visit.t(
            "The address asks for a station that is not for you to see. Your own is shown: {station}.",
            station=visit.names.station(visit.identity.station_id),
        ),
        icon=":material/lock:",
    )
