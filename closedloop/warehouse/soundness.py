"""Whether the roles of a server are what they should be: none too powerful, none under a policy that it must
not be under.
"""

from __future__ import annotations

from collections.abc import Iterable

import psycopg
from psycopg import sql

from closedloop.settings import Settings, get_settings
from closedloop.warehouse.addresses import Urls, urls
from closedloop.warehouse.connections import connect
from closedloop.warehouse.errors import WarehouseError
from closedloop.warehouse.people import faults_of_people, unlimited
from closedloop.warehouse.roles import CALL_ONLY_SCHEMAS, READER_SCHEMAS, all_schemas, require_version

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
    """Check the roles of a migrated warehouse, the logins of analysts and auditors with them. Raises
    WarehouseError with every fault in one message.

    A builder under row security would see no row, and its tests would pass on nothing; a reader who owns a
    table is under no policy at all.
    """
    settings = settings or get_settings()
    addresses = urls(settings)
    with connect("owner", settings) as connection:
        require_version(connection)
        faults = _faults_of_owner(connection)
        faults += faults_of_people(connection, addresses)
    for role in ("loader", "reader"):
        faults += _faults_of_guest(settings, addresses, role)
    if faults:
        raise WarehouseError("the warehouse's roles are not safe: " + "; ".join(faults))


def require_sound_owner(connection: psycopg.Connection) -> None:
    """Check the role behind an owner's connection. Raises WarehouseError with every fault."""
    faults = _faults_of_owner(connection)
    if faults:
        raise WarehouseError("the warehouse's roles are not safe: " + "; ".join(faults))


def advice(settings: Settings | None = None) -> list[str]:
    """What an administrator of the server had better set, one sentence each: logins that may do more than
    their part since the last migration, roles without a limit of connections.
    """
    settings = settings or get_settings()
    addresses = urls(settings)
    with connect("owner", settings) as connection:
        return faults_of_people(connection, addresses) + unlimited(connection, addresses)


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
    may_write = _reached(connection, all_schemas(), _WRITES)
    if may_write is not None:
        faults.append(f"the reader {name} may write {may_write}: revoke that")
    may_read = _reached(connection, CALL_ONLY_SCHEMAS, _READS_A_COLUMN)
    if may_read is not None:
        faults.append(f"the reader {name} may read {may_read}: revoke that")
    return faults


_WRITES = sql.SQL("has_table_privilege(pg_class.oid, 'insert, update, delete, truncate')")
_READS_A_COLUMN = sql.SQL("has_any_column_privilege(pg_class.oid, 'select')")


def _reached(connection: psycopg.Connection, schemas: Iterable[str], privilege: sql.SQL) -> str | None:
    """The first relation in the schemas for which the connected role has the privilege."""
    row = connection.execute(
        sql.SQL(
            """
            select format('%%I.%%I', nspname, relname)
            from pg_class
            join pg_namespace on pg_namespace.oid = relnamespace
            where nspname = any (%s) and relkind in ('r', 'p', 'v', 'm') and {}
            order by 1
            limit 1
            """
        ).format(privilege),
        [list(schemas)],
    ).fetchone()
    return None if row is None else row[0]
