"""What an account administrator does from a page: less than whoever holds the owner's URL.

The same giving and taking as the command line's. Whether the one who asks is an account administrator now is
asked in the transaction that reads or writes, whatever the page believes. They give nothing to themselves,
and neither make nor unmake account administrators and auditors: who keeps the accounts does not choose who
keeps them too, nor who watches.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

import psycopg
from psycopg.rows import class_row

from closedloop.access import grants
from closedloop.access.grants import Granted
from closedloop.access.parts import ROLES, AccessError, Grant, Role
from closedloop.settings import Settings, get_settings
from closedloop.warehouse.connections import connect

#: Given and taken on the command line alone.
APART: Final[tuple[Role, ...]] = ("account_admin", "auditor")
#: What an account administrator gives.
GIVEN: Final[tuple[Role, ...]] = tuple(role for role in ROLES if role not in APART)


@dataclass(frozen=True)
class Administrator:
    """Who asks: the identity of somebody signed in."""

    issuer: str
    subject: str

    def is_(self, issuer: str, subject: str) -> bool:
        """Whether this identity is the administrator's own."""
        return (self.issuer, self.subject) == (issuer, subject)

    def __str__(self) -> str:
        return f"{self.subject} ({self.issuer})"


@dataclass(frozen=True)
class Place:
    """A bureau or a station that a grant can be for. ``kind`` is ``bureau`` or ``station``."""

    kind: str
    id: str
    name_zh: str
    name_en: str | None


def listed(asking: Administrator, settings: Settings | None = None) -> list[Granted]:
    """Every grant there ever was, by role and subject. Raises AccessError for who is no administrator."""
    return grants.listed(everything=True, allow=partial(_require, asking), settings=settings)


def give(
    asking: Administrator,
    issuer: str,
    subject: str,
    wanted: Grant,
    *,
    valid_from: datetime | None = None,
    valid_to: datetime | None = None,
    settings: Settings | None = None,
) -> Granted:
    """Grant a part as an account administrator. Raises AccessError as :func:`grants.grant`, and for what is
    not theirs to give.
    """
    _require_somebody_else(asking, issuer, subject)
    if wanted.role in APART:
        raise _apart()
    return grants.grant(
        issuer,
        subject,
        wanted,
        by=str(asking),
        valid_from=valid_from,
        valid_to=valid_to,
        allow=partial(_require, asking),
        settings=settings,
    )


def take(asking: Administrator, issuer: str, subject: str, settings: Settings | None = None) -> list[Granted]:
    """Take back what an identity is granted now or was to be granted later, as an account administrator.

    Raises AccessError as :func:`grants.revoke`, and for what is not theirs to take.
    """
    _require_somebody_else(asking, issuer, subject)

    def allow(connection: psycopg.Connection) -> None:
        _require(asking, connection)
        watching = connection.execute(
            """
            select 1
            from access.members as members
            join access.grants as grants on members.member_id = grants.member_id
            where members.issuer = %s
                and members.subject = %s
                and grants.role = any (%s)
                and coalesce(grants.valid_to > now(), true)
            """,
            [issuer, subject, list(APART)],
        ).fetchone()
        if watching is not None:
            raise _apart()

    return grants.revoke(issuer, subject, by=str(asking), allow=allow, settings=settings)


def places(asking: Administrator, settings: Settings | None = None) -> list[Place]:
    """Bureaus, then stations, each in the bureau's fixed order: what a grant can be for, and no case."""
    settings = settings or get_settings()
    with connect("owner", settings, application="closedloop access") as connection:
        _require(asking, connection)
        with connection.cursor(row_factory=class_row(Place)) as cursor:
            return cursor.execute(
                """
                with places as (
                    select 'bureau' as kind, bureau_id as id, name_zh, name_en, sort_order
                    from raw.bureaus
                    where is_current and not retracted

                    union all

                    select 'station', station_id, name_zh, name_en, sort_order
                    from raw.stations
                    where is_current and not retracted
                )

                select kind, id, name_zh, name_en
                from places
                order by kind, sort_order nulls last, id
                """
            ).fetchall()


def _require(asking: Administrator, connection: psycopg.Connection) -> None:
    """Raise AccessError unless the grant is in force, and keep it from being revoked meanwhile."""
    found = connection.execute(
        """
        select 1
        from access.grants as grants
        join access.members as members on grants.member_id = members.member_id
        where members.issuer = %s
            and members.subject = %s
            and grants.role = 'account_admin'
            and grants.valid_from <= now()
            and coalesce(grants.valid_to > now(), true)
        for share of grants
        """,
        [asking.issuer, asking.subject],
    ).fetchone()
    if found is None:
        raise AccessError("only account administrators keep the accounts", "只有账号管理员可以管理账号")


def _require_somebody_else(asking: Administrator, issuer: str, subject: str) -> None:
    if asking.is_(issuer, subject):
        raise AccessError(
            "nobody gives to themselves or takes from themselves; ask another account administrator",
            "不得给自己授权或收回自己的授权；请由另一名账号管理员办理",
        )


def _apart() -> AccessError:
    return AccessError(
        "account administrators and auditors are granted and revoked on the command line: "
        "python -m closedloop access grant",
        "账号管理员和审计员的授权与收回只在命令行办理：python -m closedloop access grant",
    )
