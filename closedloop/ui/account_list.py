"""The grants that were given, as a table: who, as what, for where, from when until when, by whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from closedloop.access.administrators import APART, Administrator, Place
from closedloop.access.grants import Granted
from closedloop.access.parts import Role
from closedloop.ui import filters
from closedloop.ui.html_table import Cell, html_table
from closedloop.ui.language import Texts

_ALL = "all"


def state_choice(texts: Texts) -> str:
    """The state of grants to be shown, or ``all``; it stands in the address."""
    names = {**_state_names(texts), _ALL: texts.t("All")}
    return filters.switch(texts.t("State"), "state", tuple(names), names.__getitem__, "in_force")


def _state_names(texts: Texts) -> dict[str, str]:
    return {
        "in_force": texts.t("In force"),
        "to_begin": texts.t("To begin"),
        "ended": texts.t("Expired"),
        "revoked": texts.t("Revoked"),
    }


def role_name(role: Role, texts: Texts) -> str:
    """What a part is called, without its place."""
    return {
        "leadership": texts.t("Leadership"),
        "station_head": texts.t("Station head"),
        "instructor": texts.t("Political instructor"),
        "control_post": texts.t("Control post"),
        "duty_officer": texts.t("Duty officer"),
        "analyst": texts.t("Analyst"),
        "operator": texts.t("Operator"),
        "account_admin": texts.t("Account administrator"),
        "auditor": texts.t("Auditor"),
        "wall": texts.t("Wall display"),
    }[role]


@dataclass(frozen=True)
class PlaceNames:
    """The bureaus and stations of ``access.administrators.places`` by what they are called."""

    found: Mapping[tuple[str, str], Place]
    texts: Texts

    @classmethod
    def of(cls, places: Sequence[Place], texts: Texts) -> PlaceNames:
        """The names of these places, in their order."""
        return cls({(place.kind, place.id): place for place in places}, texts)

    def ids(self, kind: str) -> tuple[str, ...]:
        """The bureaus, or the stations, in their fixed order."""
        return tuple(id for of, id in self.found if of == kind)

    def name(self, kind: str, id: str) -> str:
        """The id and the name: the id is what files and commands say."""
        place = self.found.get((kind, id))
        return f"{id} {self.texts.pick(place.name_zh, place.name_en)}" if place else id

    def of_grant(self, given: Granted) -> str:
        """Where a grant is for; a dash for a part that has to do with no case."""
        if given.stations:
            return self.texts.t(", ").join(self.name("station", id) for id in given.stations)
        if given.bureau_id:
            return self.name("bureau", given.bureau_id)
        return self.texts.t("The whole city") if given.place else "—"


def account_name(given: Granted) -> str:
    """What the lists call somebody: their name, where one was given, and what the sign-in calls them."""
    return f"{given.name} · {given.subject}" if given.name else given.subject


def chosen(grants: Sequence[Granted], state: str, about: str) -> list[Granted]:
    """The grants in a state (``all``: in any), of whoever's name or identity holds ``about``."""
    wanted = about.casefold()
    return [
        given
        for given in grants
        if state in (_ALL, given.state)
        and wanted in f"{given.name or ''}\n{given.subject}\n{given.issuer}".casefold()
    ]


def revocable(grants: Sequence[Granted], asking: Administrator) -> dict[tuple[str, str], list[Granted]]:
    """By identity, what this administrator may take back: all that is granted it now or from later on."""
    found: dict[tuple[str, str], list[Granted]] = {}
    for given in grants:
        if given.state in ("in_force", "to_begin") and not asking.is_(given.issuer, given.subject):
            found.setdefault((given.issuer, given.subject), []).append(given)
    return {who: those for who, those in found.items() if all(each.role not in APART for each in those)}


def grants_table(grants: Sequence[Granted], places: PlaceNames, texts: Texts) -> str:
    """One row per grant, newest first; a block on a phone."""
    t, states = texts.t, _state_names(texts)
    return html_table(
        t("Grants"),
        [
            t("Account, vouched for by"),
            t("Role"),
            t("For where"),
            t("State"),
            t("From"),
            t("Until"),
            t("Given at, by"),
            t("Revoked at, by"),
        ],
        [
            [
                Cell(account_name(given), small=given.issuer, is_id=True),
                role_name(given.role, texts),
                places.of_grant(given),
                states[given.state],
                texts.moment(given.valid_from),
                texts.moment(given.valid_to),
                Cell(texts.moment(given.granted_at), small=given.granted_by, is_id=True),
                Cell(texts.moment(given.revoked_at), small=given.revoked_by or "", is_id=True),
            ]
            for given in sorted(grants, key=lambda given: given.granted_at, reverse=True)
        ],
    )
