"""The parts somebody can have, and the scope that comes with each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from closedloop.errors import ClosedloopError
from closedloop.warehouse.scope import ALL, Scope

Role = Literal[
    "leadership",
    "station_head",
    "instructor",
    "control_post",
    "duty_officer",
    "analyst",
    "operator",
    "account_admin",
    "auditor",
    "wall",
]
ROLES: Final[tuple[Role, ...]] = get_args(Role)

Place = Literal["city", "bureau", "stations", "nothing"]

#: To what each part may be granted. ``nothing``: the part has to do with no case.
PARTS: Final[dict[Role, tuple[Place, ...]]] = {
    "leadership": ("city", "bureau"),
    "station_head": ("stations",),
    "instructor": ("stations",),
    "control_post": ("stations",),
    "duty_officer": ("bureau",),
    "analyst": ("city", "bureau", "stations"),
    "operator": ("nothing",),
    "account_admin": ("nothing",),
    "auditor": ("nothing",),
    "wall": ("city", "bureau"),
}

#: 所长, 教导员, 综合指挥室: those who work at a station.
STATION_ROLES: Final[frozenset[str]] = frozenset({"station_head", "instructor", "control_post"})


class AccessError(ClosedloopError):
    """A grant that cannot be given or taken as asked; the message says what to write instead."""


@dataclass(frozen=True)
class Grant:
    """A role and its place, as in force now. ``stations`` of a bureau are those that belong to it today."""

    role: Role
    bureau_id: str | None = None
    stations: tuple[str, ...] = ()
    name: str | None = None

    def scope(self) -> Scope | None:
        """What the database shows; None for a place in which there is no station (any more).

        A wall display hangs where anybody may look: it sees counts by station, and not one case.
        """
        places = PARTS[self.role]
        if places == ("nothing",):
            return Scope.nowhere(self.role)
        if self.bureau_id is None and not self.stations and "city" in places:
            return Scope.wall(ALL) if self.role == "wall" else Scope.city(self.role)
        if not self.stations:
            return None
        if self.role == "wall":
            return Scope.wall(self.stations, self.bureau_id)
        return Scope.of_stations(self.stations, self.role, self.bureau_id)
