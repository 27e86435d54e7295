"""Giving a grant and taking it back, as an account administrator: the same code as the command line's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from closedloop.access import PARTS, AccessError, Grant, Granted, Role, administrators
from closedloop.access.administrators import GIVEN, Administrator
from closedloop.access.parts import Place as Where
from closedloop.errors import ClosedloopError
from closedloop.settings import get_settings
from closedloop.ui.account_list import PlaceNames, account_name, revocable, role_name
from closedloop.ui.filters import printable
from closedloop.ui.visit import Visit

_FORM, _DONE, _TO_REVOKE = "account_form", "account_done", "account_to_revoke"
#: A grant that lasts longer is one without an end.
_LONGEST = timedelta(days=3660)


def say_what_was_done() -> None:
    """What the last click did, once."""
    if said := st.session_state.pop(_DONE, None):
        done, what = said
        with st.container(border=True, key="account_done"):
            st.markdown(f":material/check_circle: **{done}**")
            # As text: a name may hold what would be read as formatting.
            st.text(what)


def give_section(visit: Visit, asking: Administrator, places: PlaceNames) -> None:
    """Who, as what, for where, from when until when, and the button that gives it."""
    t, texts = visit.t, visit.texts
    number = st.session_state.setdefault(_FORM, 0)
    today = datetime.now(texts.zone).date()
    left, right = st.columns(2)
    with left:
        subject = st.text_input(
            t("Account, as the sign-in says it"),
            key=f"account_subject_{number}",
            max_chars=255,
            help=t("Somebody signed in without a grant is shown it, letter by letter."),
        )
        issuer = st.text_input(
            t("Vouched for by"),
            value=get_settings().issuer or "",
            key=f"account_issuer_{number}",
            max_chars=255,
            help=t("The provider's address, or gateway."),
        )
        name = st.text_input(t("What the lists call them"), key=f"account_name_{number}", max_chars=100)
    with right:
        role = st.selectbox(
            t("Role"), GIVEN, format_func=lambda role: role_name(role, texts), key=f"account_role_{number}"
        )
        way, bureau, stations = _place(visit, role, places, number)
        first = _day(t("From (empty: from now)"), today, key=f"account_from_{number}")
        last = _day(t("Last day (empty: until revoked)"), today, key=f"account_last_{number}")
    if not st.button(t("Give the grant"), type="primary", key=f"account_give_{number}"):
        return
    wanted = Grant(role, bureau, stations, printable(name).strip() or None)
    try:
        if way in ("bureau", "stations") and not (bureau or stations):
            # Without a place, some parts are for the whole city: nobody gives that by leaving something out.
            raise AccessError("say for where: choose a bureau or stations", "请选择机构或派出所")
        given = administrators.give(
            asking,
            issuer,
            subject,
            wanted,
            valid_from=_beginning(first, today, texts.zone),
            valid_to=_end(last, texts.zone),
        )
    except ClosedloopError as error:
        st.error(_sentence(error, visit), title=t("Not given"))
        return
    # New widgets, empty ones: nobody is given the same twice by a second click.
    st.session_state[_FORM] = number + 1
    done = (
        t("Given, in force at their next click") if given.in_force else t("Given, to begin on its first day")
    )
    st.session_state[_DONE] = done, f"{account_name(given)}\n{_said([given], places)}"
    st.rerun()


def _day(label: str, today: date, *, key: str) -> date | None:
    """A day from today on, or none."""
    return st.date_input(
        label, value=None, min_value=today, max_value=today + _LONGEST, format="YYYY-MM-DD", key=key
    )


def _place(
    visit: Visit, role: Role, places: PlaceNames, number: int
) -> tuple[Where, str | None, tuple[str, ...]]:
    """The kind of place, the bureau and the stations that were chosen for a part, as far as it has them."""
    t = visit.t
    ways: dict[Where, str] = {
        "city": t("The whole city"),
        "bureau": t("A bureau"),
        "stations": t("Stations"),
        "nothing": t("No place: this part sees no case"),
    }
    allowed = PARTS[role]
    way = allowed[0]
    if len(allowed) > 1:
        way = st.radio(
            t("For where"),
            allowed,
            format_func=ways.__getitem__,
            horizontal=True,
            key=f"account_way_{role}_{number}",
        )
    elif way == "nothing":
        st.caption(ways[way])
    if way == "bureau":
        bureau = st.selectbox(
            t("Bureau"),
            places.ids("bureau"),
            index=None,
            format_func=lambda id: places.name("bureau", id),
            key=f"account_bureau_{number}",
        )
        return way, bureau, ()
    if way == "stations":
        found = st.multiselect(
            t("Stations"),
            places.ids("station"),
            format_func=lambda id: places.name("station", id),
            key=f"account_stations_{number}",
        )
        return way, None, tuple(found)
    return way, None, ()


def _beginning(first: date | None, today: date, zone: ZoneInfo) -> datetime | None:
    """Midnight of a later day; None, which is now, for today."""
    return datetime.combine(first, time(), zone) if first is not None and first > today else None


def _end(last: date | None, zone: ZoneInfo) -> datetime | None:
    """The end of the last day."""
    return None if last is None else datetime.combine(last + timedelta(days=1), time(), zone)


def revoke_section(
    visit: Visit, asking: Administrator, grants: Sequence[Granted], places: PlaceNames
) -> None:
    """Whose grant, and after a second look: the button that takes it back."""
    t = visit.t
    found = revocable(grants, asking)
    if not found:
        st.caption(t("There is nobody whose grant could be taken back here."))
        return
    who = st.selectbox(
        t("Whose grant"),
        list(found),
        index=None,
        format_func=lambda who: f"{account_name(found[who][0])} · {_said(found[who], places)} · {who[0]}",
        key="account_whose",
    )
    if st.button(t("Revoke…"), disabled=who is None, key="account_revoke"):
        st.session_state[_TO_REVOKE] = who
    if who is None or st.session_state.get(_TO_REVOKE) != who:
        return
    with st.container(border=True, key="account_confirm"):
        st.markdown(f"**{t('Take this back?')}**")
        st.text(f"{account_name(found[who][0])}\n{_said(found[who], places)}\n{who[0]}")
        st.caption(
            t(
                "They are out at their next click, in every browser, and what their database login is doing "
                "ends. What was given stays on record."
            )
        )
        with st.container(horizontal=True):
            sure = st.button(t("Yes, revoke"), type="primary", key="account_sure")
            if st.button(t("No, keep it"), key="account_keep"):
                st.session_state.pop(_TO_REVOKE)
                st.rerun()
    if not sure:
        return
    st.session_state.pop(_TO_REVOKE)
    try:
        administrators.take(asking, *who)
    except ClosedloopError as error:
        st.error(_sentence(error, visit), title=t("Not revoked"))
        return
    st.session_state[_DONE] = t("Revoked"), account_name(found[who][0])
    st.rerun()


def _said(grants: Sequence[Granted], places: PlaceNames) -> str:
    texts = places.texts
    return texts.t("; ").join(
        f"{role_name(given.role, texts)} {places.of_grant(given)}".removesuffix(" —") for given in grants
    )


def _sentence(error: ClosedloopError, visit: Visit) -> str:
    return error.zh if visit.texts.language == "zh" and error.zh else str(error)
