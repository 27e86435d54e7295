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

#: Not questions: they take SQL.
MACHINERY = {"read", "read_once"}
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


HOSTILE = ["*", "-", "", "UNASSIGNED", "S03,S01", "S03' or '1'='1", "%", "_", "{S01}", "S01;--", "城" * 300]
_FAR = [datetime(1, 1, 2, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC)]


def arguments(
    question: Question, stations: list[str], items: list[str], latest: datetime
) -> st.SearchStrategy[dict]:
    """Arguments of every kind the question knows: fair ones, other stations' ids, hostile ones.

    Raises LookupError for a parameter nobody has said how to fill: say it here.
    """
    text = st.sampled_from(
        [*stations, *items, *HOSTILE, "2025", "red", "overdue", "directive", "station", "all"]
    )
    moments = st.datetimes(
        min_value=datetime(2024, 1, 1), max_value=latest.replace(tzinfo=None), timezones=st.just(UTC)
    )
    loops = st.lists(st.sampled_from(["directive", "dispute", "incident", *HOSTILE]), max_size=2).map(tuple)
    wanted = st.builds(
        OpenFilter,
        station=st.none() | text,
        loops=loops,
        severities=st.lists(st.sampled_from(["red", "none", *HOSTILE]), max_size=2).map(tuple),
        target=st.none() | st.sampled_from(["directive:handle", "dispute:resolve", *HOSTILE]),
        holders=st.lists(st.sampled_from(["station", "post", *HOSTILE]), max_size=2).map(tuple),
        min_age_days=st.integers(0, 400),
        judgements=st.lists(st.sampled_from(JUDGEMENTS), max_size=2).map(tuple),
        returned=st.booleans(),
        opened_from=st.none() | moments,
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
    return st.fixed_dictionaries({name: of(hints[name]) for name in names})
