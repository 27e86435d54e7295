"""Every question of ``closedloop.queries``, found by looking, and how to ask each anything at all."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from hypothesis import strategies as st

from closedloop import queries
from closedloop.queries.standing import JUDGEMENTS, OpenFilter

#: Not questions: they take SQL, or a frame that was read.
MACHINERY = {"read", "read_once", "rows"}
#: Ask marts.city_metric_daily, the city's published figures, and so change with other stations, on purpose.
PUBLISHED: set[str] = {"city_figures"}


@dataclass(frozen=True)
class Question:
    """One question; calling it asks."""

    name: str
    ask: Callable

    def __str__(self) -> str:
        return self.name


def questions() -> list[Question]:
    """Every public function of the package that takes ``(scope, as_of, …)``."""
    found = []
    for module in pkgutil.iter_modules(queries.__path__):
        room = importlib.import_module(f"closedloop.queries.{module.name}")
        for name, function in inspect.getmembers(room, inspect.isfunction):
            first = list(inspect.signature(function).parameters)[:2]
            if function.__module__ == room.__name__ and name[0] != "_" and first == ["scope", "as_of"]:
                found.append(Question(f"{module.name}.{name}", function))
    return [question for question in found if question.ask.__name__ not in MACHINERY]


def never_asked() -> list[str]:
    """Public functions of the package, those of its classes too, that are no questions and might read."""
    asked = {question.ask for question in questions()}
    found = []
    for module in pkgutil.iter_modules(queries.__path__):
        room = importlib.import_module(f"closedloop.queries.{module.name}")
        ours = [thing for thing in vars(room).values() if getattr(thing, "__module__", "") == room.__name__]
        functions = [thing for thing in ours if inspect.isfunction(thing)]
        for kind in filter(inspect.isclass, ours):
            functions += [method for method in vars(kind).values() if inspect.isfunction(method)]
        for function in functions:
            open_to_pages = not any(part.startswith("_") for part in function.__qualname__.split("."))
            if open_to_pages and function not in asked and function.__name__ not in MACHINERY:
                found.append(f"{module.name}.{function.__qualname__}")
    return found


HOSTILE = ["*", "-", "", "UNASSIGNED", "S03,S01", "S03' or '1'='1", "%", "_", "{S01}", "S01;--", "城" * 300]
_FAR = [datetime(1, 1, 2, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC)]


@dataclass(frozen=True)
class Known:
    """What there is to ask about, of stations in the scopes and of others.

    ``latest``: the latest moment. ``warned``: a day on which another station's place was beyond the usual.
    """

    stations: tuple[str, ...]
    items: tuple[str, ...]
    numbers: tuple[str, ...]
    places: tuple[int, ...]
    latest: datetime
    warned: date


def fair(question: Question, known: Known) -> dict:
    """Arguments that a page would give when nobody filters anything: their answer holds whatever there is.

    Raises LookupError for a parameter nobody has said how to fill: say it here.
    """
    began, names = datetime(2024, 1, 1, tzinfo=UTC), list(inspect.signature(question.ask).parameters)[2:]
    values = {
        "metric": "minutes_to_arrive" if "spans" in names else "incidents_received",
        "dimension": "",
        "first_day": began.date(),
        "last_day": known.latest.date(),
        "spans": ((began.date(), known.latest.date()),),
        "day": known.latest.date(),
        "days": 30,
        "today": "2025-04-25",
        "item": known.items[0],
        "number": known.numbers[0],
        "place": known.places[0],
        "judged_at": known.latest,
        "judged_on": known.warned,
        "since": began,
        "new_since": began,
        "until": known.latest,
        "station": known.stations[0],
        "by": "both",
        "view": "found" if "dispute" in question.name else "sent",
        "row_limit": 3000,
        "per_section": 50,
        "posts": True,
    }

    def of(name: str, hint: object) -> object:
        if dataclasses.is_dataclass(hint):
            kinds = typing.get_type_hints(hint)
            required = [f.name for f in dataclasses.fields(hint) if f.default is dataclasses.MISSING]
            return hint(**{each: of(each, kinds[each]) for each in required})
        if type(None) in typing.get_args(hint):
            return None
        if name == "stations":
            return ()
        if name not in values:
            raise LookupError(f"{question}: what is a fair {name}?")
        return values[name]

    hints = typing.get_type_hints(question.ask)
    return {name: of(name, hints[name]) for name in names}


def arguments(question: Question, known: Known) -> st.SearchStrategy[dict]:
    """Arguments of every kind the question knows: fair ones, other stations' ids, hostile ones.

    Raises LookupError for a parameter nobody has said how to fill: say it here.
    """
    text = st.sampled_from(
        [
            *known.stations,
            *known.items,
            *known.numbers,
            *HOSTILE,
            "2025",
            "red",
            "overdue",
            "directive",
            "all",
            "incidents_received",
            "minutes_to_arrive",
            "category",
        ]
    )
    latest = known.latest
    moments = st.datetimes(
        min_value=datetime(2024, 1, 1), max_value=latest.replace(tzinfo=None), timezones=st.just(UTC)
    )
    loops = st.lists(st.sampled_from(["directive", "dispute", "incident", *HOSTILE]), max_size=2).map(tuple)
    wanted = st.builds(
        OpenFilter,
        station=st.none() | text,
        stations=st.lists(text, max_size=2).map(tuple),
        loops=loops,
        severities=st.lists(st.sampled_from(["red", "none", *HOSTILE]), max_size=2).map(tuple),
        target=st.none() | st.sampled_from(["directive:handle", "dispute:resolve", *HOSTILE]),
        holders=st.lists(st.sampled_from(["station", "post", *HOSTILE]), max_size=2).map(tuple),
        min_age_days=st.integers(0, 400),
        judgements=st.lists(st.sampled_from(JUDGEMENTS), max_size=2).map(tuple),
        returned=st.booleans(),
        opened_from=st.none() | moments,
        opened_until=st.none() | moments,
    )
    by_kind = {
        str: text,
        bool: st.booleans(),
        int: st.integers(0, 3000),
        float: st.floats(0, 400),
        date: moments.map(datetime.date),
        datetime: moments | st.sampled_from(_FAR),
        OpenFilter: wanted,
    }

    def of(hint: object) -> st.SearchStrategy:
        if hint in by_kind:
            return by_kind[hint]
        inside = typing.get_args(hint)
        if type(None) in inside:
            return st.none() | st.one_of(*(of(part) for part in inside if part is not type(None)))
        if dataclasses.is_dataclass(hint):
            return st.builds(hint, **{name: of(part) for name, part in typing.get_type_hints(hint).items()})
        if typing.get_origin(hint) is typing.Literal:
            return st.sampled_from(inside)
        if typing.get_origin(hint) in (tuple, list) or getattr(typing.get_origin(hint), "__name__", "") in (
            "Sequence", "Collection", "Iterable",
        ):  # fmt: skip
            return st.lists(of(inside[0]), max_size=3).map(tuple)
        raise LookupError(f"{question}: how is a {hint} asked?")

    hints = typing.get_type_hints(question.ask)
    names = list(inspect.signature(question.ask).parameters)[2:]
    drawn = {name: of(hints[name]) for name in names}
    if "place" in names:
        drawn["place"] |= st.sampled_from(known.places)
    return st.fixed_dictionaries(drawn)
