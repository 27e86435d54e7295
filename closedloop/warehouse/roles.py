"""What each role may do, and whether the roles of a server are what they should be.

The roles' names come from the URLs: on a server an administrator made them, and called them as they liked.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from closedloop.settings import Settings, get_settings
from closedloop.warehouse.addresses import Urls, urls
from closedloop.warehouse.connections import connect
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

#: Tables of ``ops`` that a load writes; the rest of it is the builder's.
LOADER_TABLES = ("batches", "quarantine", "coverage", "warehouse_info")


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
    """Give the loader raw and its part of ops, the reader marts, status and a few functions. Idempotent."""
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
    connection.execute(sql.SQL("grant usage on schema status to {}").format(reader))
    connection.execute(sql.SQL("grant select on all tables in schema status to {}").format(reader))
    for schema in CALL_ONLY_SCHEMAS:
        connection.execute(sql.SQL("grant usage on schema {} to {}").format(sql.Identifier(schema), reader))
        # A restored warehouse has its functions as PostgreSQL makes them: open to everybody.
        connection.execute(
            sql.SQL("revoke execute on all functions in schema {} from public").format(sql.Identifier(schema))
        )
    for function in READER_FUNCTIONS:
        connection.execute(sql.SQL("grant execute on function {} to {}").format(sql.SQL(function), reader))
    _close_to_public(connection, loader, addresses)


def _close_to_public(connection: psycopg.Connection, loader: sql.Identifier, addresses: Urls) -> None:
    """No temporary tables for the reader, where the database is ours to say so."""
    database = sql.Identifier(connection.info.dbname)
    row = connection.execute(
        """
        select pg_has_role(current_user, datdba, 'usage')
        from pg_database
        where datname = current_database()
        """
    ).fetchone()
    if row is None or not row[0]:
        return
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


_POWERS = """
select
    rolsuper as "is a superuser",
    rolbypassrls as "bypasses row security",
    rolcreaterole as "may create roles",
    rolcreatedb as "may create databases",
    rolreplication as "may replicate"
from pg_roles
where rolname = current_user
"""

_MEMBERSHIPS = """
select rolname
from pg_roles
where
    rolname <> current_user
    and pg_has_role(current_user, oid, 'member')
    and (
        rolname = any (%(others)s)
        or rolsuper
        or rolbypassrls
        or rolname in (
            'pg_read_all_data', 'pg_write_all_data', 'pg_read_server_files', 'pg_write_server_files',
            'pg_execute_server_program', 'pg_maintain', 'pg_create_subscription'
        )
    )
order by rolname
"""

_OWNED = """
select pg_describe_object(classid, objid, objsubid)
from pg_shdepend
where
    refclassid = 'pg_authid'::regclass
    and refobjid = (select oid from pg_roles where rolname = current_user)
    and deptype = 'o'
    and dbid in (0, (select oid from pg_database where datname = current_database()))
order by 1
limit 1
"""

_SUBJECT_TO_POLICIES = """
select format('%%I.%%I', nspname, relname)
from pg_class
join pg_namespace on pg_namespace.oid = relnamespace
where
    nspname = any (%(schemas)s)
    and relkind in ('r', 'p')
    and row_security_active(pg_class.oid)
order by 1
limit 1
"""

_FOREIGN = """
select format('%%I.%%I', nspname, relname), pg_get_userbyid(relowner)
from pg_class
join pg_namespace on pg_namespace.oid = relnamespace
where
    nspname = any (%(schemas)s)
    and relkind in ('r', 'p', 'v', 'm')
    and not pg_has_role(current_user, relowner, 'usage')
order by 1
limit 1
"""


def require_sound_roles(settings: Settings | None = None) -> None:
    """Check all three roles of a migrated warehouse. Raises WarehouseError with every fault in one message.

    A builder under row security would see no row, and its tests would pass on nothing; a reader who owns a
    table is under no policy at all.
    """
    settings = settings or get_settings()
    addresses = urls(settings)
    with connect("owner", settings) as connection:
        require_version(connection)
        faults = _faults_of_owner(connection)
    for role in ("loader", "reader"):
        faults += _faults_of_guest(settings, addresses, role)
    if faults:
        raise WarehouseError("the warehouse's roles are not safe: " + "; ".join(faults))


def require_sound_owner(connection: psycopg.Connection) -> None:
    """Check the role behind an owner's connection. Raises WarehouseError with every fault."""
    faults = _faults_of_owner(connection)
    if faults:
        raise WarehouseError("the warehouse's roles are not safe: " + "; ".join(faults))


def _faults_of_owner(connection: psycopg.Connection) -> list[str]:
    faults = []
    schemas = {"schemas": list(all_schemas())}
    owner = connection.info.user
    if (row := connection.execute(_FOREIGN, schemas).fetchone()) is not None:
        faults.append(
            f"{row[0]} belongs to {row[1]}, not to the owner {owner}: alter table {row[0]} owner to {owner}"
        )
    if (row := connection.execute(_SUBJECT_TO_POLICIES, schemas).fetchone()) is not None:
        faults.append(
            f"the owner {owner} is itself under row security on {row[0]} and would build from no rows: "
            f"alter table {row[0]} no force row level security, and let {owner} own it"
        )
    return faults


def _faults_of_guest(settings: Settings, addresses: Urls, role: str) -> list[str]:
    faults = []
    others = [addresses.user(other) for other in ("owner", "loader", "reader") if other != role]
    with connect(role, settings) as connection:  # type: ignore[arg-type]
        name = connection.info.user
        if name in others:
            faults.append(
                f"CLOSEDLOOP_{role.upper()}_URL names {name}, who has another part too: give each its own "
                "role"
            )
            return faults
        cursor = connection.execute(_POWERS)
        row = cursor.fetchone() or ()
        for power, has in zip((c.name for c in cursor.description or ()), row, strict=True):
            if has:
                faults.append(f"the {role} {name} {power}: take that from it")
        members = [r[0] for r in connection.execute(_MEMBERSHIPS, {"others": others})]
        if members:
            faults.append(f"the {role} {name} is a member of {', '.join(members)}: revoke that")
        if (row := connection.execute(_OWNED).fetchone()) is not None:
            faults.append(f"the {role} {name} owns {row[0]}: give it to the owner")
        if role == "reader":
            faults += _faults_of_reader(connection, name)
    return faults


def _faults_of_reader(connection: psycopg.Connection, name: str) -> list[str]:
    faults = []
    closed = [schema for schema in all_schemas() if schema not in READER_SCHEMAS]
    for (schema,) in connection.execute(
        "select nspname from pg_namespace where nspname = any (%s) and has_schema_privilege(oid, 'usage')",
        [closed],
    ):
        faults.append(
            f"the reader {name} may look into schema {schema}: revoke usage on schema {schema} from {name}"
        )
    for (schema,) in connection.execute(
        r"""
        select nspname
        from pg_namespace
        where nspname not like 'pg\_%' and has_schema_privilege(oid, 'create')
        order by nspname
        """
    ):
        faults.append(
            f"the reader {name} may create in schema {schema}: revoke create on schema {schema} from public"
        )
    for (relation,) in connection.execute(
        """
        select format('%%I.%%I', nspname, relname)
        from pg_class
        join pg_namespace on pg_namespace.oid = relnamespace
        where
            nspname = any (%s)
            and relkind in ('r', 'p', 'v', 'm')
            and has_table_privilege(pg_class.oid, 'insert, update, delete, truncate')
        order by 1
        limit 1
        """,
        [list(all_schemas())],
    ):
        faults.append(f"the reader {name} may write {relation}: revoke that")
    for (relation,) in connection.execute(
        """
        select format('%%I.%%I', nspname, relname)
        from pg_class
        join pg_namespace on pg_namespace.oid = relnamespace
        where
            nspname = any (%s)
            and relkind in ('r', 'p', 'v', 'm')
            and has_any_column_privilege(pg_class.oid, 'select')
        order by 1
        limit 1
        """,
        [list(CALL_ONLY_SCHEMAS)],
    ):
        faults.append(f"the reader {name} may read {relation}: revoke that")
    return faults
