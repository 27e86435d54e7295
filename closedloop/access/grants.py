"""Giving and taking grants, as the owner of the warehouse: the one place that does, for commands and pages.

Whoever holds the owner's URL may do all of it. What an account administrator may do from a page is less, and
is asked in the same transaction: see :mod:`closedloop.access.administrators`, which hands in ``allow``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import psycopg
from psycopg import errors
from psycopg.rows import class_row

from closedloop.access.logins import end_logins
from closedloop.access.parts import PARTS, ROLES, AccessError, Grant, Role
from closedloop.settings import Settings, get_settings
from closedloop.warehouse.connections import connect
from closedloop.warehouse.statements import of_names, only_row

State = Literal["in_force", "to_begin", "ended", "revoked"]

#: Asked before anything is read or written; raises AccessError to refuse.
Allow = Callable[[psycopg.Connection], None]


def _everything(_connection: psycopg.Connection) -> None:
    """Whoever holds the owner's URL."""


@dataclass(frozen=True)
class Granted:
    """One grant as it was given. ``state`` at the moment of asking."""

    issuer: str
    subject: str
    name: str | None
    role: Role
    bureau_id: str | None
    stations: list[str] | None
    valid_from: datetime
    valid_to: datetime | None
    granted_by: str
    granted_at: datetime
    revoked_by: str | None
    revoked_at: datetime | None
    state: State

    @property
    def in_force(self) -> bool:
        """True while it lets somebody in."""
        return self.state == "in_force"

    @property
    def place(self) -> str:
        """Where: the stations, the bureau, ``city``, or nothing for a part that has to do with no case."""
        if self.stations:
            return ",".join(self.stations)
        if self.bureau_id:
            return self.bureau_id
        return "city" if "city" in PARTS[self.role] else ""


def grant(
    issuer: str,
    subject: str,
    wanted: Grant,
    *,
    by: str,
    valid_from: datetime | None = None,
    valid_to: datetime | None = None,
    allow: Allow = _everything,
    settings: Settings | None = None,
) -> Granted:
    """Grant a part to an identity, which becomes a member with its first grant; from now on by default.

    A member has one part at a time. Raises AccessError for an unknown role, station or bureau, for a place
    that does not belong to the role, and for a grant that overlaps another.
    """
    settings = settings or get_settings()
    _require_identity(issuer, subject)
    _require_fitting(wanted)
    with connect("owner", settings, application="closedloop access") as connection:
        allow(connection)
        _require_known(connection, wanted)
        (now,) = only_row(connection.execute("select now()"))
        since = valid_from or now
        stations = sorted(set(wanted.stations)) or None
        if valid_to is not None and valid_to <= max(since, now):
            end = _local(valid_to, settings)
            raise AccessError(
                f"the grant would end at {end}, before it begins or before now; choose a later end",
                f"授权将在{end}结束，早于其开始或早于现在；请选择更晚的结束时间",
            )
        (member,) = only_row(
            connection.execute(
                """
            insert into access.members (issuer, subject, name, created_by)
            values (%s, %s, %s, %s)
            on conflict (issuer, subject) do update set name = coalesce(excluded.name, members.name)
            returning member_id
            """,
                [issuer, subject, wanted.name, by],
            )
        )
        try:
            (grant_id,) = only_row(
                connection.execute(
                    """
                insert into access.grants (
                    member_id, role, bureau_id, stations, valid_from, valid_to, granted_by
                )
                values (%s, %s, %s, %s, %s, %s, %s)
                returning grant_id
                """,
                    [member, wanted.role, wanted.bureau_id, stations, since, valid_to, by],
                )
            )
        except errors.ExclusionViolation:
            connection.rollback()
            raise AccessError(*_overlapping(issuer, subject, since, valid_to, settings)) from None
        return _listed(connection, "grants.grant_id = %s", [grant_id])[0]


def revoke(
    issuer: str, subject: str, *, by: str, allow: Allow = _everything, settings: Settings | None = None
) -> list[Granted]:
    """Take back what an identity is granted now or was to be granted later; out at the next click.

    Raises AccessError when there is nothing to take back.
    """
    settings = settings or get_settings()
    with connect("owner", settings, application="closedloop access") as connection:
        allow(connection)
        taken = connection.execute(
            """
            update access.grants
            set valid_to = greatest(valid_from, now()), revoked_by = %s, revoked_at = now()
            where member_id in (select member_id from access.members where issuer = %s and subject = %s)
                and coalesce(valid_to > now(), true)
            returning grant_id
            """,
            [by, issuer, subject],
        ).fetchall()
        if not taken:
            raise AccessError(
                f"{subject} (issuer {issuer}) has no grant to revoke; python -m closedloop access list "
                "shows who has one",
                f"{subject}（{issuer}）没有可收回的授权",
            )
        _end_sessions(connection, issuer, subject, "revoked")
        connection.commit()
        end_logins(connection, issuer, subject)
        return _listed(connection, "grants.grant_id = any (%s)", [[row[0] for row in taken]])


def end_sessions(issuer: str, subject: str, settings: Settings | None = None) -> int:
    """Sign an identity out everywhere; the number of sessions that were open."""
    with connect("owner", settings, application="closedloop access") as connection:
        return _end_sessions(connection, issuer, subject, "signed_out")


def listed(
    *, everything: bool = False, allow: Allow = _everything, settings: Settings | None = None
) -> list[Granted]:
    """The grants in force, by role and subject; with ``everything`` those ended or yet to begin as well."""
    with connect("owner", settings, application="closedloop access") as connection:
        allow(connection)
        return _listed(connection, "true" if everything else _IN_FORCE)


_IN_FORCE = "grants.valid_from <= now() and coalesce(grants.valid_to > now(), true)"

_LISTED = f"""
select
    members.issuer,
    members.subject,
    members.name,
    grants.role,
    grants.bureau_id,
    grants.stations,
    grants.valid_from,
    grants.valid_to,
    grants.granted_by,
    grants.granted_at,
    grants.revoked_by,
    grants.revoked_at,
    case
        when grants.revoked_at is not null then 'revoked'
        when {_IN_FORCE} then 'in_force'
        when grants.valid_from > now() then 'to_begin'
        else 'ended'
    end as state
from access.grants as grants
join access.members as members on grants.member_id = members.member_id
"""


def _listed(connection: psycopg.Connection, condition: str, params: Sequence[object] = ()) -> list[Granted]:
    with connection.cursor(row_factory=class_row(Granted)) as cursor:
        order = "order by grants.role, members.issuer, members.subject, grants.valid_from"
        return cursor.execute(of_names(f"{_LISTED} where {condition} {order}"), params).fetchall()


def _end_sessions(connection: psycopg.Connection, issuer: str, subject: str, reason: str) -> int:
    return connection.execute(
        """
        update access.sessions
        set ended_at = now(), ended_by = %s
        where issuer = %s and subject = %s and ended_at is null
        """,
        [reason, issuer, subject],
    ).rowcount


def _require_identity(issuer: str, subject: str) -> None:
    for what, value in (("issuer", issuer), ("subject", subject)):
        if not value or value != value.strip() or not value.isprintable() or len(value) > 255:
            raise AccessError(
                f"{value!r} is no {what}: write it exactly as the sign-in says it",
                f"{value!r}不是有效的账号或签发方：请与登录页所示逐字一致",
            )


def _require_fitting(wanted: Grant) -> None:
    if wanted.role not in PARTS:
        raise AccessError(f"{wanted.role!r} is no role; there are {', '.join(ROLES)}")
    places = PARTS[wanted.role]
    if wanted.stations and wanted.bureau_id:
        raise AccessError("a grant names a bureau or stations, not both", "一项授权只能指定机构或派出所之一")
    place = "stations" if wanted.stations else "bureau" if wanted.bureau_id else None
    if place is None and ("city" in places or "nothing" in places):
        return
    if place not in places:
        raise AccessError(f"{wanted.role} is granted {ways(wanted.role)}", "请选择该角色的授权范围")


def ways(role: Role) -> str:
    """How a role is granted on the command line."""
    return _WAYS[tuple(PARTS[role])]


_WAYS: dict[tuple[str, ...], str] = {
    ("city", "bureau"): "with --city or --bureau ID",
    ("city", "bureau", "stations"): "with --city, --bureau ID or --station ID, once for each station",
    ("bureau",): "with --bureau ID (the city is a bureau too: the one without a parent)",
    ("stations",): "with --station ID, once for each station",
    ("nothing",): "without a place: it sees no case",
}


def _require_known(connection: psycopg.Connection, wanted: Grant) -> None:
    known = {
        row[0]
        for row in connection.execute(
            "select station_id from raw.stations "
            "where is_current and not retracted and station_id = any (%s)",
            [list(wanted.stations)],
        )
    }
    unknown = sorted(set(wanted.stations) - known)
    if unknown:
        raise AccessError(
            f"no station {', '.join(unknown)} has been loaded; the ids are those of the table stations, "
            "upper and lower case as there"
        )
    if wanted.bureau_id is None:
        return
    row = connection.execute(
        """
        select bureau_id, cardinality(access.stations_of_bureau(bureau_id))
        from raw.bureaus
        where is_current and not retracted and bureau_id = %s
        """,
        [wanted.bureau_id],
    ).fetchone()
    if row is None:
        raise AccessError(f"no bureau {wanted.bureau_id} has been loaded; load bureaus first")
    if row[1] == 0:
        raise AccessError(f"no station belongs to bureau {wanted.bureau_id} today; load stations first")


def _overlapping(
    issuer: str, subject: str, since: datetime, until: datetime | None, settings: Settings
) -> tuple[str, str]:
    with connect("owner", settings, application="closedloop access") as connection:
        there = _listed(
            connection,
            "members.issuer = %s and members.subject = %s"
            " and tstzrange(grants.valid_from, grants.valid_to) && tstzrange(%s, %s)",
            [issuer, subject, since, until],
        )
    have = "; ".join(
        f"{each.role} {each.place}".strip()
        + f" from {_local(each.valid_from, settings)}"
        + (f" until {_local(each.valid_to, settings)}" if each.valid_to else "")
        for each in there
    )
    return (
        f"{subject} (issuer {issuer}) already has a grant in that time ({have}), and a member has one part "
        "at a time; revoke that first: python -m closedloop access revoke",
        f"{subject}（{issuer}）在该时段已有授权；一名成员同一时间只能有一个角色，请先收回原授权",
    )


def _local(moment: datetime, settings: Settings) -> str:
    return f"{moment.astimezone(settings.zone):%Y-%m-%d %H:%M}"
