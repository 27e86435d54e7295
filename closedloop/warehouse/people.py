"""Database logins of people, analysts and auditors: a role for each, what it may use up, how it is checked.

What a login sees hangs on a grant (``closedloop.access.logins``); here is what PostgreSQL is told of it. On
the embedded server the product tells it; on another the administrator does, in the words of ``creation``.
"""

from __future__ import annotations

import re
from typing import Final, Literal

import psycopg
from psycopg import sql

from closedloop.errors import ClosedloopError
from closedloop.settings import Settings
from closedloop.warehouse.addresses import Urls
from closedloop.warehouse.administration import admin_connection
from closedloop.warehouse.roles import all_schemas

Kind = Literal["analyst", "auditor"]

#: Each analyst's own schema is this and the login's name.
SCHEMA_PREFIX: Final = "analyst_"
#: Connections one login may have open at once.
CONNECTIONS: Final = 5
#: What a login begins with. Only ``temp_file_limit`` cannot be lifted by whoever is logged in; a session that
#: holds up a build or a load is ended all the same.
LIMITS: Final = {
    "timezone": "UTC",
    "statement_timeout": "15min",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "5min",
    "temp_file_limit": "4GB",
}
_LOGIN = re.compile(r"[a-z][a-z0-9_]{0,40}")
_RESERVED = ("pg_", "closedloop_", SCHEMA_PREFIX)
LEAST_PASSWORD: Final = 12


def require_login_name(login: str) -> None:
    """Raise ClosedloopError for a name that would need quoting, or that could be taken for a role of ours."""
    if not _LOGIN.fullmatch(login) or login.startswith(_RESERVED):
        raise ClosedloopError(
            f"{login!r} is no name for a login: lower-case letters, digits and _, at most 41, beginning with "
            f"a letter, and not with {', '.join(_RESERVED)}"
        )


def schema_of(login: str) -> str:
    """The schema in which an analyst's login may create."""
    return SCHEMA_PREFIX + login


def group_of(kind: Kind, addresses: Urls) -> str:
    """The role that logins of a kind are members of. Raises ClosedloopError on a server that has none."""
    found = addresses.analysts if kind == "analyst" else addresses.auditors
    if found is None:
        raise ClosedloopError(
            f"there are no logins for {kind}s on this server yet; an administrator makes a role for them "
            f"(create role … nologin), CLOSEDLOOP_{kind.upper()}_ROLE names it, and then: "
            "python -m closedloop migrate && python -m closedloop build"
        )
    return found


def creation(login: str, kind: Kind, addresses: Urls, password: sql.Composable) -> list[sql.Composed]:
    """The statements that make a login. The owner becomes a member of it: so it can end what the login does,
    read what it made (for a backup) and remove it.
    """
    name, group = sql.Identifier(login), sql.Identifier(group_of(kind, addresses))
    path = [schema_of(login), "marts"] if kind == "analyst" else ["audit"]
    return [
        sql.SQL(
            "create role {} login nosuperuser nocreatedb nocreaterole nobypassrls noreplication "
            "connection limit {} password {}"
        ).format(name, sql.Literal(CONNECTIONS), password),
        sql.SQL("grant {} to {}").format(group, name),
        sql.SQL("grant {} to {}").format(name, sql.Identifier(addresses.user("owner"))),
        *(
            sql.SQL("alter role {} set {} = {}").format(name, sql.Identifier(setting), sql.Literal(value))
            for setting, value in LIMITS.items()
        ),
        sql.SQL("alter role {} set search_path = {}").format(
            name, sql.SQL(", ").join(map(sql.Identifier, path))
        ),
    ]


def make_embedded(login: str, kind: Kind, addresses: Urls, password: str, settings: Settings) -> None:
    """Make a login on the embedded server. The server is given a SCRAM verifier, never the password."""
    if len(password) < LEAST_PASSWORD:
        raise ClosedloopError(
            f"the password is shorter than {LEAST_PASSWORD} characters; choose a longer one"
        )
    with admin_connection(settings) as connection:
        verifier = connection.pgconn.encrypt_password(
            password.encode(), login.encode(), b"scram-sha-256"
        ).decode()
        with connection.transaction():
            for statement in creation(login, kind, addresses, sql.Literal(verifier)):
                connection.execute(statement)


def drop_embedded(login: str, settings: Settings) -> None:
    """Remove a login of the embedded server with whatever it owns in the warehouse."""
    name = sql.Identifier(login)
    with admin_connection(settings, settings.database) as connection, connection.transaction():
        connection.execute(sql.SQL("drop owned by {} cascade").format(name))
        connection.execute(sql.SQL("drop role {}").format(name))


def end_connections(connection: psycopg.Connection, login: str) -> int:
    """End what a login is doing; the number of connections ended. As the owner, who is a member of it."""
    return connection.execute(
        """
        select pg_terminate_backend(pid)
        from pg_stat_activity
        where usename = %s and pg_has_role(current_user, usesysid, 'usage')
        """,
        [login],
    ).rowcount


#: Analysts and auditors, those of other names between them and the group included. The owner is a member of
#: each login, and is none of them.
_MEMBERS = """
with recursive members as (
    select oid from pg_roles where rolname = %(group)s

    union

    select below.member
    from pg_auth_members as below
    join members on below.roleid = members.oid
    join pg_roles on pg_roles.oid = below.member
    where pg_roles.rolname <> current_user
)

select
    person.rolname,
    array_remove(array[
        case when rolsuper then 'is a superuser' end,
        case when rolbypassrls then 'bypasses row security' end,
        case when rolcreaterole then 'may create roles' end,
        case when rolcreatedb then 'may create databases' end,
        case when rolreplication then 'may replicate' end
    ], null)
    || array(
        select format('is a member of %%s', other.rolname)
        from pg_roles as other
        where
            not person.rolsuper
            and pg_has_role(person.oid, other.oid, 'member')
            and (other.rolname = any (%(others)s) or other.rolsuper or other.rolname like 'pg\\_%%')
    )
    || array(
        select format('owns %%s', pg_describe_object(classid, objid, objsubid))
        from pg_shdepend
        where
            refclassid = 'pg_authid'::regclass and refobjid = person.oid and deptype = 'o'
            and dbid in (0, (select oid from pg_database where datname = current_database()))
            and (pg_identify_object(classid, objid, objsubid)).schema = any (%(schemas)s)
    )
    || array(
        select format('may look into schema %%s', nspname)
        from pg_namespace
        where
            not person.rolsuper
            and (nspname = any (%(schemas)s) or starts_with(nspname, %(prefix)s))
            and nspname not in (%(open)s, %(prefix)s || person.rolname)
            and has_schema_privilege(person.oid, oid, 'usage')
    )
    || array(
        select format('may create in schema %%s', nspname)
        from pg_namespace
        where
            not person.rolsuper
            and nspname not like 'pg\\_%%'
            and nspname <> %(prefix)s || person.rolname
            and has_schema_privilege(person.oid, oid, 'create')
    )
    || array(
        select format('may write %%I.%%I', nspname, relname)
        from pg_class
        join pg_namespace on pg_namespace.oid = relnamespace
        where
            not person.rolsuper
            and nspname = any (%(schemas)s)
            and relkind in ('r', 'p', 'v', 'm')
            and has_table_privilege(
                person.oid, pg_class.oid, 'insert, update, delete, truncate, references, trigger'
            )
        limit 1
    )
    || array_remove(array[
        case
            when not person.rolsuper and has_database_privilege(person.oid, current_database(), 'create')
                then 'may create schemas'
        end
    ], null)
from members
join pg_roles as person on person.oid = members.oid
order by person.rolname
"""


def faults_of_people(connection: psycopg.Connection, addresses: Urls) -> list[str]:
    """What a login of an analyst or an auditor, or the role they are members of, may do and must not."""
    faults = []
    for kind, group, opened in (
        ("analyst", addresses.analysts, "marts"),
        ("auditor", addresses.auditors, "audit"),
    ):
        if group is None:
            continue
        others = [addresses.user(role) for role in ("owner", "loader", "reader")]  # type: ignore[arg-type]
        others += [name for name in (addresses.analysts, addresses.auditors) if name and name != group]
        asked = {
            "group": group,
            "others": others,
            "schemas": list(all_schemas()),
            "prefix": SCHEMA_PREFIX,
            "open": opened,
        }
        for name, found in connection.execute(_MEMBERS, asked):
            faults += [f"the {kind} {name} {fault}: take that from it" for fault in found]
    return faults


def unlimited(connection: psycopg.Connection, addresses: Urls) -> list[str]:
    """One sentence for each role that may open as many connections as the server has, logins included."""
    rows = connection.execute(
        """
        select rolname
        from pg_roles
        where
            rolcanlogin
            and rolconnlimit = -1
            and not rolsuper
            and (
                rolname = any (%(three)s)
                or oid in (
                    select member
                    from pg_auth_members
                    join pg_roles as groups on groups.oid = roleid
                    where groups.rolname = any (%(groups)s)
                )
            )
        order by rolname
        """,
        {
            "three": [addresses.user(role) for role in ("owner", "loader", "reader")],  # type: ignore[arg-type]
            "groups": [name for name in (addresses.analysts, addresses.auditors) if name],
        },
    ).fetchall()
    return [
        f"{name} may take every connection of the server: alter role {sql.Identifier(name).as_string()} "
        "connection limit …"
        for (name,) in rows
    ]
