"""Filters that live in the address: what is shown can be sent to a colleague as a link.

The address is the only truth. A widget shows what the address says and writes back to it; a value that is
none of the options (mistyped, hostile, or of a station outside the scope) is treated as absent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol, TypeVar, overload
from zoneinfo import ZoneInfo

import streamlit as st

_MOMENT = "%Y-%m-%dT%H:%M"
#: Nothing was recorded before; also keeps ``datetime`` arithmetic far from its ends.
EARLIEST = date(2000, 1, 1)

Option = TypeVar("Option", bound=str)


class LastValues(Protocol):
    """What an address or a request asks for, one value per name."""

    def get(self, key: str, /) -> str | None:
        """The last value of a name."""


# ---------------------------------------------------------------- reading the address


@overload
def one_of(value: str | None, options: Sequence[Option], default: Option) -> Option: ...
@overload
def one_of(value: str | None, options: Sequence[Option], default: None = None) -> Option | None: ...
def one_of(value: str | None, options: Sequence[Option], default: Option | None = None) -> Option | None:
    """The value if it is an option, else the default."""
    return next((option for option in options if option == value), default)


def some_of(values: Sequence[str], options: Sequence[str]) -> tuple[str, ...]:
    """Those of the values that are options, in the options' order."""
    wanted = set(values)
    return tuple(option for option in options if option in wanted)


def printable(text: str) -> str:
    """What was typed or stood in the address, without what no text has: control characters, NUL above all."""
    return "".join(sign for sign in text if sign.isprintable())


def parse_moment(value: str | None, zone: ZoneInfo, latest: datetime) -> datetime:
    """A moment such as ``2025-04-25T08:00`` in the warehouse's time zone, not after ``latest``.

    Anything else gives ``latest``.
    """
    try:
        moment = datetime.strptime(value or "", _MOMENT).replace(tzinfo=zone)
    except ValueError:
        return latest
    return moment if moment.date() > EARLIEST and moment <= latest else latest


def parse_day(value: str | None, default: date, latest: date) -> date:
    """A day such as ``2025-04-01``, not after ``latest``; anything else gives the default."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value or ""):
        return default
    try:
        day = date.fromisoformat(value or "")
    except ValueError:
        return default
    return day if EARLIEST <= day <= latest else default


def parse_number(value: str | None, default: int, most: int) -> int:
    """A whole number between 0 and ``most``; anything else gives the default."""
    if not re.fullmatch(r"\d{1,6}", value or ""):
        return default
    number = int(value or "")
    return number if number <= most else default


def parse_period(params: LastValues, last_full_day: date, days: int = 28) -> tuple[date, date]:
    """``from`` and ``to``, both included, by default the last ``days`` full days; at most two years."""
    last = parse_day(params.get("to"), last_full_day, last_full_day)
    first = parse_day(params.get("from"), last - timedelta(days=days - 1), last_full_day)
    if first > last:
        first = last - timedelta(days=days - 1)
    return max(first, last - timedelta(days=731), EARLIEST), last


def some_period(params: LastValues, names: tuple[str, str], latest: date) -> tuple[date, date] | None:
    """Both days, included, that an address gives under these names, as far as they are not after ``latest``;
    None unless it gives two, in order.
    """
    first, last = (parse_day(params.get(name), date.min, date.max) for name in names)
    last = min(last, latest)
    return (first, last) if EARLIEST <= first <= last else None


def format_moment(moment: datetime, zone: ZoneInfo) -> str:
    """The moment as the address writes it."""
    return moment.astimezone(zone).strftime(_MOMENT)


# ---------------------------------------------------------------- widgets that write the address

#: The choice that filters nothing. No id is empty, so it cannot be mistaken for one.
_ALL = ""


def _write(
    param: str,
    default: object,
    to_text: Callable[[object], str | list[str]],
    then: Callable[[], None] | None = None,
) -> None:
    if then is not None:
        then()
    value = st.session_state[_key(param)]
    if value == default or value is None or value == []:
        st.query_params.pop(param, None)
    else:
        st.query_params[param] = to_text(value)


def _key(param: str) -> str:
    return f"filter_{param}"


def select(
    label: str,
    param: str,
    options: Sequence[str],
    names: Callable[[str], str],
    *,
    everything: str | None = None,
    help: str | None = None,
) -> str | None:
    """One of the options, or all of them (None) where ``everything`` names that choice."""
    choices = [_ALL, *options] if everything is not None else list(options)
    current = one_of(st.query_params.get(param), options, choices[0] if choices else None)
    st.session_state[_key(param)] = current
    st.selectbox(
        label,
        choices,
        format_func=lambda choice: str(everything) if choice == _ALL else names(choice),
        key=_key(param),
        on_change=_write,
        args=(param, choices[0] if choices else None, str),
        help=help,
    )
    return None if current == _ALL else current


def several(
    label: str,
    param: str,
    options: Sequence[str],
    names: Callable[[str], str],
    *,
    placeholder: str | None = None,
    pills: bool = False,
) -> tuple[str, ...]:
    """Any number of the options; none chosen means all."""
    current = some_of(st.query_params.get_all(param), options)
    st.session_state[_key(param)] = list(current)
    common = {"format_func": names, "key": _key(param), "on_change": _write, "args": (param, [], list)}
    if pills:
        st.pills(label, options, selection_mode="multi", **common)
    else:
        st.multiselect(label, options, placeholder=placeholder, **common)
    return current


def switch(
    label: str,
    param: str,
    options: Sequence[str],
    names: Callable[[str], str],
    default: str,
    then: Callable[[], None] | None = None,
) -> str:
    """One of a few options, all of them in sight; ``then`` is called when somebody chooses."""
    current = one_of(st.query_params.get(param), options, default)
    st.session_state[_key(param)] = current
    st.segmented_control(
        label,
        options,
        format_func=names,
        key=_key(param),
        on_change=_write,
        args=(param, default, str, then),
        required=True,
    )
    return current or default


def moment(label: str, param: str, current: datetime, zone: ZoneInfo, latest: datetime, help: str) -> None:
    """A past moment; the latest one is the default and leaves the address."""
    st.session_state[_key(param)] = current.astimezone(zone).replace(tzinfo=None)
    newest = latest.astimezone(zone).replace(tzinfo=None)
    st.datetime_input(
        label,
        value=None,
        key=_key(param),
        min_value=datetime.combine(EARLIEST, datetime.min.time()),
        max_value=newest,
        step=timedelta(minutes=30),
        format="YYYY-MM-DD",
        on_change=_write,
        args=(param, newest, lambda value: value.strftime(_MOMENT)),
        help=help,
    )


def period(
    label: str,
    current: tuple[date, date] | None,
    latest: date,
    default: tuple[date, date] | None,
    names: tuple[str, str] = ("from", "to"),
) -> None:
    """First and last calendar day, both included. Where the default is None, no day chosen means all."""
    # The key follows the address: a new period is a new widget, a first day picked alone stays in this one.
    key = "_".join(map(str, (_key(names[0]), *(current or ()))))
    shown: list[date | datetime | str | None] = []
    if default is None:
        # Only what is empty by default can be emptied by hand; so the days come by way of the state.
        st.session_state.setdefault(key, current or ())
    else:
        shown.extend(current or default)
    st.date_input(
        label,
        value=shown,
        key=key,
        min_value=EARLIEST,
        max_value=latest,
        format="YYYY-MM-DD",
        on_change=_write_period,
        args=(key, default, names),
    )


def _write_period(key: str, default: tuple[date, date] | None, names: tuple[str, str]) -> None:
    chosen = tuple(st.session_state[key])
    if chosen in ((), default):
        for name in names:
            st.query_params.pop(name, None)
    elif len(chosen) == len(names):
        for name, day in zip(names, sorted(chosen), strict=True):
            st.query_params[name] = day.isoformat()
    # Else only the first day has been picked so far; more than two no calendar sends.
