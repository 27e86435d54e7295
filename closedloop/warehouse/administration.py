"""The embedded cluster's superuser at work: is that our server, are its roles and its database in place."""

from __future__ import annotations

import psycopg
from psycopg import sql

from closedloop.settings import Settings
from closedloop.warehouse import secret_files
from closedloop.warehouse.addresses import EMBEDDED_ANALYSTS, EMBEDDED_AUDITORS, ROLES, embedded_url
from closedloop.warehouse.data_folder import ADMIN, data_folder
from closedloop.warehouse.errors import WarehouseError

_GROUPS = (EMBEDDED_ANALYSTS, EMBEDDED_AUDITORS)
#: How much of the server's connections each role may take: no one of them keeps the others out.
_SHARES = {"owner": 0.25, "loader": 0.15, "reader": 0.7}
_POWERLESS = sql.SQL("nosuperuser nocreatedb nocreaterole nobypassrls noreplication")


def admin_connection(settings: Settings, database: str = "postgres") -> psycopg.Connection:
    """A connection as the cluster's superuser, in autocommit: for roles and databases, never for data."""
    url = embedded_url(settings, ADMIN, "admin", database)
    return psycopg.connect(url, autocommit=True, connect_timeout=5, application_name="closedloop server")


def answers(settings: Settings) -> bool:
    """True when the server at our socket answers, knows our password and stands in our data folder.

    Raises WarehouseError when it is ours and the password is not: the secrets of another warehouse, or new
    ones.
    """
    try:
        with admin_connection(settings) as connection:
            row = connection.execute("select 1, current_setting('data_directory')").fetchone()
    except psycopg.OperationalError as error:
        if "password authentication failed" in str(error):
            raise WarehouseError(
                f"the passwords in {secret_files.secrets_folder(settings)} are not those of the warehouse in "
                f"{data_folder(settings)}; restore the folder from a backup, or run: python -m closedloop "
                "reset"
            ) from None
        return False
    return row is not None and row[0] == 1 and data_folder(settings).samefile(row[1])


def roles_are_there(settings: Settings) -> bool:
    """Whether a server that an earlier release started has every role of this one."""
    wanted = [*(f"closedloop_{role}" for role in ROLES), *_GROUPS]
    with admin_connection(settings) as connection:
        found = connection.execute(
            "select count(*) from pg_roles where rolname = any (%s)", [wanted]
        ).fetchone()
    return found is not None and found[0] == len(wanted)


def ensure_roles(settings: Settings) -> None:
    """The three roles, with the passwords of the secret files and no right but to log in, each with its share
    of the connections; and the two that analysts' and auditors' logins are members of.
    """
    with admin_connection(settings) as connection:
        known = {name for (name,) in connection.execute("select rolname from pg_roles")}
        (most,) = connection.execute("select current_setting('max_connections')::integer").fetchone() or (0,)
        for group in _GROUPS:
            if group not in known:
                connection.execute(sql.SQL("create role {}").format(sql.Identifier(group)))
            connection.execute(sql.SQL("alter role {} nologin {}").format(sql.Identifier(group), _POWERLESS))
        for role in ROLES:
            name = sql.Identifier(f"closedloop_{role}")
            if f"closedloop_{role}" not in known:
                connection.execute(sql.SQL("create role {}").format(name))
            connection.execute(
                sql.SQL("alter role {} login {} connection limit {} password {}").format(
                    name,
                    _POWERLESS,
                    sql.Literal(max(8, int(most * _SHARES[role]))),
                    sql.Literal(secret_files.read(settings, role)),
                )
            )
            connection.execute(sql.SQL("alter role {} set timezone = 'UTC'").format(name))
        connection.execute("alter role closedloop_reader set default_transaction_read_only = on")


def drop_database(settings: Settings) -> None:
    """Remove the warehouse's database with everything in it, whoever is connected."""
    with admin_connection(settings) as connection:
        statement = sql.SQL("drop database if exists {} with (force)")
        connection.execute(statement.format(sql.Identifier(settings.database)))


def ensure_database(settings: Settings) -> None:
    """The warehouse's database, the owner's."""
    with admin_connection(settings) as connection:
        known = connection.execute(
            "select 1 from pg_database where datname = %s", [settings.database]
        ).fetchone()
        if known is None:
            statement = sql.SQL("create database {} owner closedloop_owner")
            connection.execute(statement.format(sql.Identifier(settings.database)))
