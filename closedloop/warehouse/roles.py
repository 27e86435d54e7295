"""What each role may do. Whether the roles of a server are what they should be: ``soundness``.

The roles' names come from the URLs: on a server an administrator made them, and called them as they liked.
"""

from __future__ import annotations

from typing import LiteralString

import psycopg
from psycopg import sql

from closedloop.warehouse.addresses import Urls
from closedloop.warehouse.errors import WarehouseError

OLDEST_SERVER = 15

#: Schemas that dbt builds, each with its twin ``<name>_next`` in which a build works.
DBT_SCHEMAS = ("reference", "staging", "intermediate", "marts")
#: Schemas that the migrations make.
OWN_SCHEMAS = ("raw", "ops", "status", "access", "audit")
#: What a reader may look into.
READER_SCHEMAS = ("marts", "marts_next", "status", "access", "audit")
#: Schemas in which a reader may call functions that answer for one identity, and read no table.
CALL_ONLY_SCHEMAS = ("access", "audit")
#: What the page server may call: who may come in, is this session still open, and what was done.
READER_FUNCTIONS = (
    "access.grant_of(text, text)",
    "access.begin_session(text, text, text, interval)",
    "access.end_session(text, text)",
    "access.session_state(text, text, text, interval, interval)",
    "audit.write(jsonb)",
    "audit.read(text, text, timestamptz, timestamptz, text, integer)",
)

#: What a load may have done by the owner: the indexes of an empty table come after its first rows.
LOADER_FUNCTIONS = ("raw.begin_filling(text, jsonb)", "raw.end_filling(text)")

#: Tables of ``ops`` that a load writes; the rest of it is the builder's.
LOADER_TABLES = ("batches", "quarantine", "coverage", "warehouse_info", "stage_rules")


def all_schemas() -> tuple[str, ...]:
    """Every schema of the warehouse, twins included."""
    return (*OWN_SCHEMAS, *DBT_SCHEMAS, *(f"{name}_next" for name in DBT_SCHEMAS))


def ensure_schemas(connection: psycopg.Connection, addresses: Urls) -> None:
    """Make the schemas dbt builds into, and grant what belongs to them. Idempotent; run as the owner.

    Default privileges belong to the schema they name: they travel with a rename, and are lost with a drop.
    Whoever drops one of the pair calls this again.
    """
    reader = sql.Identifier(addresses.user("reader"))
    for name in (n for base in DBT_SCHEMAS for n in (base, f"{base}_next")):
        connection.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(name)))
    for name in ("marts", "marts_next"):
        schema = sql.Identifier(name)
        connection.execute(sql.SQL("grant usage on schema {} to {}").format(schema, reader))
        connection.execute(sql.SQL("grant select on all tables in schema {} to {}").format(schema, reader))
        connection.execute(
            sql.SQL("alter default privileges in schema {} grant select on tables to {}").format(
                schema, reader
            )
        )


def grant(connection: psycopg.Connection, addresses: Urls) -> None:
    """Give the loader raw and its part of ops, the reader marts, status and a few functions, analysts what is
    published, auditors the traces. Idempotent.
    """
    _require_groups(connection, addresses)
    loader, reader = (sql.Identifier(addresses.user(role)) for role in ("loader", "reader"))
    ensure_schemas(connection, addresses)
    for schema in ("raw", "ops"):
        connection.execute(sql.SQL("grant usage on schema {} to {}").format(sql.Identifier(schema), loader))
        connection.execute(
            sql.SQL("grant select on all tables in schema {} to {}").format(sql.Identifier(schema), loader)
        )
    connection.execute(sql.SQL("grant insert, update on all tables in schema raw to {}").format(loader))
    for table in LOADER_TABLES:
        connection.execute(
            sql.SQL("grant insert, update on table ops.{} to {}").format(sql.Identifier(table), loader)
        )
    for function in LOADER_FUNCTIONS:
        # A restored warehouse has its functions as PostgreSQL makes them: open to everybody.
        connection.execute(sql.SQL("revoke execute on function {} from public").format(sql.SQL(function)))
        connection.execute(sql.SQL("grant execute on function {} to {}").format(sql.SQL(function), loader))
    connection.execute(sql.SQL("grant usage on schema status to {}").format(reader))
    connection.execute(sql.SQL("grant select on all tables in schema status to {}").format(reader))
    for schema in CALL_ONLY_SCHEMAS:
        connection.execute(sql.SQL("grant usage on schema {} to {}").format(sql.Identifier(schema), reader))
        # Open to everybody after a restore, as above.
        connection.execute(
            sql.SQL("revoke execute on all functions in schema {} from public").format(sql.Identifier(schema))
        )
    for function in READER_FUNCTIONS:
        connection.execute(sql.SQL("grant execute on function {} to {}").format(sql.SQL(function), reader))
    _close_to_public(connection, loader, addresses)
    _name_in_policies(connection, addresses)
    _let_in_analysts(connection, addresses)
    _let_in_auditors(connection, addresses)


def _require_groups(connection: psycopg.Connection, addresses: Urls) -> None:
    for variable, name in (("ANALYST", addresses.analysts), ("AUDITOR", addresses.auditors)):
        if name is not None and not _exists(connection, name):
            raise WarehouseError(
                f"CLOSEDLOOP_{variable}_ROLE names {name}, and there is no such role; an administrator makes "
                f"it: create role {sql.Identifier(name).as_string()} nologin"
            )


def _exists(connection: psycopg.Connection, role: str) -> bool:
    return connection.execute("select from pg_roles where rolname = %s", [role]).fetchone() is not None


def _name_in_policies(connection: psycopg.Connection, addresses: Urls) -> None:
    """Have the policies of marts name the roles of today: those of an earlier release were for everybody, and
    a server's administrator may have given a role another name since the build.
    """
    stale = connection.execute(
        """
        select nspname, relname, polname, wanted.role
        from pg_policy
        join pg_class on pg_class.oid = polrelid
        join pg_namespace on pg_namespace.oid = relnamespace
        join (values ('scope', %s::text), ('analyst', %s::text)) as wanted (policy, role)
            on polname = wanted.policy
        where
            nspname in ('marts', 'marts_next')
            and wanted.role is not null
            and polroles <> array[to_regrole(quote_ident(wanted.role))::oid]
        """,
        [addresses.user("reader"), addresses.analysts],
    ).fetchall()
    for schema, relation, policy, role in stale:
        connection.execute(
            sql.SQL("alter policy {} on {} to {}").format(
                sql.Identifier(policy), sql.Identifier(schema, relation), sql.Identifier(role)
            )
        )


def show_published_to_analysts(connection: psycopg.Connection, addresses: Urls) -> None:
    """Let analysts look at the published marts, and at no other build's: to be called with every swap."""
    if addresses.analysts is not None:
        _execute_for(
            connection,
            addresses.analysts,
            "grant usage on schema marts to {}",
            "grant select on all tables in schema marts to {}",
            "revoke all on schema marts_next from {}",
            "revoke all on all tables in schema marts_next from {}",
        )


def _let_in_analysts(connection: psycopg.Connection, addresses: Urls) -> None:
    if addresses.analysts is None:
        return
    show_published_to_analysts(connection, addresses)
    # For the policies: no schema in which they could call it by name is open to them.
    _execute_for(connection, addresses.analysts, "grant execute on function access.analyst_stations() to {}")
    _let_into_database(connection, addresses.analysts, "connect, temporary")


def _let_in_auditors(connection: psycopg.Connection, addresses: Urls) -> None:
    if addresses.auditors is None:
        return
    named = connection.execute("select from pg_policy where polrelid = 'audit.events'::regclass").fetchone()
    _execute_for(
        connection,
        addresses.auditors,
        "grant usage on schema audit to {}",
        "grant select on audit.events to {}",
        "grant execute on function access.login_is_auditor() to {}",
        "create policy auditor on audit.events for select to {} using ((select access.login_is_auditor()))"
        if named is None
        else "alter policy auditor on audit.events to {}",
    )
    _let_into_database(connection, addresses.auditors, "connect")


def _execute_for(connection: psycopg.Connection, role: str, *statements: LiteralString) -> None:
    for statement in statements:
        connection.execute(sql.SQL(statement).format(sql.Identifier(role)))


def _let_into_database(connection: psycopg.Connection, role: str, rights: LiteralString) -> None:
    """Where the database is ours to say so."""
    if _owns_database(connection):
        database = sql.Identifier(connection.info.dbname)
        connection.execute(
            sql.SQL("grant {} on database {} to {}").format(sql.SQL(rights), database, sql.Identifier(role))
        )


def _owns_database(connection: psycopg.Connection) -> bool:
    row = connection.execute(
        """
        select pg_has_role(current_user, datdba, 'usage')
        from pg_database
        where datname = current_database()
        """
    ).fetchone()
    return row is not None and row[0]


def _close_to_public(connection: psycopg.Connection, loader: sql.Identifier, addresses: Urls) -> None:
    """No temporary tables for the reader, where the database is ours to say so."""
    if not _owns_database(connection):
        return
    database = sql.Identifier(connection.info.dbname)
    everybody = sql.SQL(", ").join(sql.Identifier(addresses.user(role)) for role in ("loader", "reader"))
    connection.execute(sql.SQL("revoke temporary, connect on database {} from public").format(database))
    connection.execute(sql.SQL("grant connect on database {} to {}").format(database, everybody))
    connection.execute(sql.SQL("grant temporary on database {} to {}").format(database, loader))


def require_version(connection: psycopg.Connection) -> None:
    """Raise WarehouseError on a server older than we run on."""
    major = connection.info.server_version // 10000
    if major < OLDEST_SERVER:
        raise WarehouseError(
            f"the server behind CLOSEDLOOP_OWNER_URL is PostgreSQL {major}; Closedloop needs {OLDEST_SERVER} "
            "or newer"
        )
