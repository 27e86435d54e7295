"""Who asks: the stations a reader may see. The database enforces it; without a scope it shows no row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal, LiteralString

from psycopg.sql import SQL
from psycopg.sql import Literal as SqlLiteral
from sqlalchemy import Connection

from closedloop.errors import ClosedloopError
from closedloop.settings import Settings
from closedloop.warehouse.connections import reader_transaction

#: Every station, and the rows that belong to none (``UNASSIGNED``).
ALL: Final = "*"
#: No station: reference data and the published figures of the city. No station can be called that.
NONE: Final = "-"
UNASSIGNED: Final = "UNASSIGNED"

# Ids travel as one comma-separated literal. What could end an entry or the literal is refused, not escaped.
_STATION_ID = re.compile(r"\w(?:[\w .:/#()（）-]{0,62}[\w)）])?")
_ROLE = re.compile(r"[a-z][a-z_]{0,31}")


def can_be_station(station_id: str) -> bool:
    """Whether a scope can grant the station: intake takes no station in that nobody could be shown."""
    return _STATION_ID.fullmatch(station_id) is not None and station_id.upper() != UNASSIGNED


class ScopeError(ClosedloopError):
    """A scope that would not mean what it says."""


@dataclass(frozen=True)
class Scope:
    """The stations somebody may see, and as what. Hashable: it belongs into the key of every cache.

    ``totals`` are stations of which the counts alone may be seen: those of a wall display.
    """

    stations: frozenset[str] | Literal["*", "-"]
    role: str
    bureau_id: str | None = None
    totals: frozenset[str] | Literal["*", "-"] = NONE

    def __post_init__(self) -> None:
        if not isinstance(self.role, str) or not _ROLE.fullmatch(self.role):
            raise ScopeError(f"{self.role!r} is no role: lower-case letters and _ only")
        _require_stations(self.stations)
        _require_stations(self.totals)

    @classmethod
    def city(cls, role: str = "leadership", bureau_id: str | None = None) -> Scope:
        """Every station, and what belongs to none."""
        return cls(ALL, role, bureau_id)

    @classmethod
    def of_stations(
        cls, stations: Iterable[str], role: str = "station", bureau_id: str | None = None
    ) -> Scope:
        """These stations and nothing else."""
        if isinstance(stations, str):
            raise ScopeError(f"stations is a list of ids, not the text {stations!r}")
        return cls(frozenset(stations), role, bureau_id)

    @classmethod
    def nowhere(cls, role: str) -> Scope:
        """No station at all: what belongs to nobody, and not one case."""
        return cls(NONE, role)

    @classmethod
    def wall(cls, stations: Iterable[str] | Literal["*"], bureau_id: str | None = None) -> Scope:
        """A wall display, which hangs where anybody may look: the counts of these stations, and no case."""
        return cls(NONE, "wall", bureau_id, ALL if stations == ALL else frozenset(stations))

    @property
    def sees_all(self) -> bool:
        """True for the whole city."""
        return self.stations == ALL

    @property
    def sees_cases(self) -> bool:
        """False for those who have to do with no case: operators, account administrators, auditors, walls."""
        return self.stations != NONE

    def setting(self) -> str:
        """The value of ``closedloop.stations``: ``*``, ``-``, or the ids in order, joined by commas."""
        return _joined(self.stations)

    def totals_setting(self) -> str:
        """The value of ``closedloop.totals``, written in the same way."""
        return _joined(self.totals)


def _joined(stations: frozenset[str] | Literal["*", "-"]) -> str:
    return stations if isinstance(stations, str) else ",".join(sorted(stations))


def _require_stations(stations: object) -> None:
    if stations in (ALL, NONE):
        return
    if not isinstance(stations, frozenset):
        raise ScopeError("stations is a frozenset of station ids, '*' for all or '-' for none")
    if not stations:
        raise ScopeError(
            "a scope without stations sees nothing: somebody without a grant gets no scope at all, and "
            "who is to see no station on purpose has Scope.nowhere"
        )
    for station in stations:
        if not isinstance(station, str) or not _STATION_ID.fullmatch(station):
            raise ScopeError(
                f"{station!r} cannot be a station id: letters, digits and .:/#()- only, at most 64"
            )
        if station == UNASSIGNED:
            raise ScopeError(f"{UNASSIGNED} is no station: what belongs to none is seen by those who see all")


def scope_statements(scope: Scope) -> tuple[str, ...]:
    """The statements that put the scope in force until the transaction ends.

    ``set local … = 'literal'`` and not ``set_config()``: only that form reaches the workers of a distributed
    database, and it does the same on a plain one.
    """
    settings: dict[LiteralString, str] = {
        "closedloop.stations": scope.setting(),
        "closedloop.role": scope.role,
    }
    if scope.totals != NONE:
        settings["closedloop.totals"] = scope.totals_setting()
    return tuple(
        SQL("set local {} = {}").format(SQL(name), SqlLiteral(value)).as_string()
        for name, value in settings.items()
    )


@contextmanager
def scoped_connection(scope: Scope, settings: Settings | None = None) -> Iterator[Connection]:
    """A connection that sees what ``scope`` may see: read-only, READ COMMITTED, rolled back at the end.

    The scope ends with the transaction. A block that commits or rolls back by itself goes on without any,
    and sees no row.
    """
    if not isinstance(scope, Scope):
        raise TypeError(f"scope must be a Scope, not {type(scope).__name__}")
    with reader_transaction(("set transaction read only", *scope_statements(scope)), settings) as connection:
        yield connection
