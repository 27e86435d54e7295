"""Database logins: an analyst or an auditor with SQL of their own, who sees what their grant gives.

A login is a role of PostgreSQL that belongs to one member. The grant is asked by every statement, so a login
without one (revoked, expired, not begun) sees no row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

import psycopg
from psycopg import errors, sql
from psycopg.rows import class_row

from closedloop.access.parts import AccessError
from closedloop.settings import Settings, get_settings
from closedloop.warehouse import people
from closedloop.warehouse.addresses import Urls, urls
from closedloop.warehouse.connections import connect


@dataclass(frozen=True)
class Login:
    """One login in use. ``role`` and ``place`` are of the grant in force, None when none is.

    ``relations`` counts what an analyst has made in the schema of their own.
    """

    login: str
    issuer: str
    subject: str
    name: str | None
    role: str | None
    place: str | None
    created_by: str
    created_at: datetime
    relations: int


def add_login(
    issuer: str,
    subject: str,
    login: str,
    *,
    by: str,
    password: Callable[[], str],
    settings: Settings | None = None,
) -> Login:
    """Give a member who is granted to be an analyst or an auditor a database login.

    The embedded server is told to make it, with the ``password`` that is asked for when nothing else is
    wrong. On another server an administrator has made it already: raises AccessError with the statements to
    run when not. An analyst gets a schema to develop in.
    """
    settings = settings or get_settings()
    people.require_login_name(login)
    addresses = urls(settings)
    with connect("owner", settings, application="closedloop access") as connection:
        member, kind = _member(connection, issuer, subject)
        people.group_of(kind, addresses)
        _insert(connection, login, member, subject, by)
        if settings.embedded:
            if _role_exists(connection, login):
                raise AccessError(f"there is a role {login} already; choose another name for the login")
            people.make_embedded(login, kind, addresses, password(), settings)
        else:
            _require_made(connection, login, kind, addresses)
        try:
            if kind == "analyst":
                _make_schema(connection, login)
            connection.commit()
        except BaseException:
            connection.rollback()
            if settings.embedded:
                people.drop_embedded(login, settings)
            raise
        return _listed(connection, "logins.login = %s", [login])[0]


def remove_login(login: str, *, by: str, drop_tables: bool, settings: Settings | None = None) -> Login:
    """Take a login away, and what was made with it. Raises AccessError when it holds tables and
    ``drop_tables`` is false. On a server that is not ours the role itself stays, and can see nothing.
    """
    settings = settings or get_settings()
    with connect("owner", settings, application="closedloop access") as connection:
        found = _listed(connection, "logins.login = %s", [login])
        if not found:
            raise AccessError(f"there is no login {login}; python -m closedloop access login list shows them")
        if found[0].relations and not drop_tables:
            raise AccessError(
                f"schema {people.schema_of(login)} holds {found[0].relations} relation(s) that would go with "
                f"the login; copy what is needed, then: python -m closedloop access login remove {login} "
                "--drop-tables"
            )
        connection.execute(
            "update access.logins set ended_by = %s, ended_at = now() where login = %s and ended_at is null",
            [by, login],
        )
        connection.commit()
        people.end_connections(connection, login)
        schema = sql.Identifier(people.schema_of(login))
        connection.execute(sql.SQL("drop schema if exists {} cascade").format(schema))
    if settings.embedded:
        people.drop_embedded(login, settings)
    return found[0]


def logins(settings: Settings | None = None) -> list[Login]:
    """The logins in use, by name."""
    with connect("owner", settings, application="closedloop access") as connection:
        return _listed(connection, "true")


def end_logins(connection: psycopg.Connection, issuer: str, subject: str) -> int:
    """End what a member's login is doing: a snapshot taken before a revocation would not know of it."""
    found = connection.execute(
        """
        select login
        from access.logins
        join access.members using (member_id)
        where issuer = %s and subject = %s and ended_at is null
        """,
        [issuer, subject],
    ).fetchall()
    return sum(people.end_connections(connection, login) for (login,) in found)


def _member(connection: psycopg.Connection, issuer: str, subject: str) -> tuple[int, people.Kind]:
    row = connection.execute(
        """
        select members.member_id, grants.role
        from access.members
        join access.grants using (member_id)
        where issuer = %s and subject = %s and coalesce(valid_to > now(), true)
        order by valid_from
        limit 1
        """,
        [issuer, subject],
    ).fetchone()
    if row is None or row[1] not in ("analyst", "auditor"):
        has = "has no grant" if row is None else f"is {row[1]}"
        raise AccessError(
            f"{subject} (issuer {issuer}) {has}, and a login is for analysts and auditors: "
            "python -m closedloop access grant … --role analyst first"
        )
    return row


def _insert(connection: psycopg.Connection, login: str, member: int, subject: str, by: str) -> None:
    try:
        connection.execute(
            "insert into access.logins (login, member_id, created_by) values (%s, %s, %s)",
            [login, member, by],
        )
    except errors.UniqueViolation as error:
        connection.rollback()
        if error.diag.constraint_name == "logins_in_use":
            raise AccessError(f"the login {login} is somebody's already; choose another name") from None
        raise AccessError(f"{subject} has a login already; python -m closedloop access login list") from None


def _role_exists(connection: psycopg.Connection, role: str) -> bool:
    return connection.execute("select from pg_roles where rolname = %s", [role]).fetchone() is not None


def _require_made(connection: psycopg.Connection, login: str, kind: people.Kind, addresses: Urls) -> None:
    group = people.group_of(kind, addresses)
    made = _role_exists(connection, login) and connection.execute(
        "select pg_has_role(%s::text, %s::text, 'member') and pg_has_role(current_user, %s::text, 'usage')",
        [login, group, login],
    ).fetchone() == (True,)
    if not made:
        statements = people.creation(login, kind, addresses, sql.SQL("'…'"))
        raise AccessError(
            f"an administrator of the server makes the login {login} first (in psql, and \\password {login} "
            "afterwards sets a password that no log shows):\n"
            + "\n".join(f"{statement.as_string()};" for statement in statements)
        )


def _make_schema(connection: psycopg.Connection, login: str) -> None:
    # The owner's, not theirs: nobody can be let in whom the owner did not let in.
    schema = sql.Identifier(people.schema_of(login))
    connection.execute(sql.SQL("create schema {}").format(schema))
    connection.execute(
        sql.SQL("grant usage, create on schema {} to {}").format(schema, sql.Identifier(login))
    )


_LISTED = """
select
    logins.login,
    members.issuer,
    members.subject,
    members.name,
    grants.role,
    coalesce(array_to_string(grants.stations, ','), grants.bureau_id, 'city') as place,
    logins.created_by,
    logins.created_at,
    (
        select count(*)
        from pg_class
        where relnamespace = to_regnamespace(%s || logins.login) and relkind in ('r', 'p', 'v', 'm')
    ) as relations
from access.logins
join access.members on logins.member_id = members.member_id
left join access.grants
    on logins.member_id = grants.member_id
    and grants.valid_from <= now()
    and coalesce(grants.valid_to > now(), true)
where logins.ended_at is null and {}
order by logins.login
"""


def _listed(
    connection: psycopg.Connection, condition: LiteralString, params: list[object] | None = None
) -> list[Login]:
    with connection.cursor(row_factory=class_row(Login)) as cursor:
        return cursor.execute(_LISTED.format(condition), [people.SCHEMA_PREFIX, *(params or [])]).fetchall()
