"""Bringing a warehouse to the shape this release expects."""

from __future__ import annotations

from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import Connection, create_engine, pool
from sqlalchemy.exc import DBAPIError

from closedloop.settings import Settings, get_settings
from closedloop.warehouse import locks, roles, soundness
from closedloop.warehouse.addresses import urls
from closedloop.warehouse.connections import connect
from closedloop.warehouse.errors import WarehouseError

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_SCHEMA = "ops"


def _alembic_config():
    from alembic.config import Config

    config = Config()
    # Alembic treats % in a value as its own.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def latest_revision() -> str:
    """The revision this release expects."""
    from alembic.script import ScriptDirectory

    head = ScriptDirectory.from_config(_alembic_config()).get_current_head()
    if head is None:
        raise WarehouseError(
            f"{MIGRATIONS} holds no migration: the installation is incomplete, install again"
        )
    return head


def current_revision(settings: Settings | None = None) -> str | None:
    """The revision the warehouse has; None when it was never migrated."""
    with connect("owner", settings) as connection:
        return _revision(connection)


def is_current(settings: Settings | None = None) -> bool:
    """True when the warehouse has the shape this release expects."""
    return current_revision(settings) == latest_revision()


def require_current(settings: Settings | None = None) -> None:
    """Raise WarehouseError with the command to run when the warehouse is older or newer than this release."""
    found = current_revision(settings)
    _refuse_newer(found)
    if found != latest_revision():
        raise WarehouseError(
            f"the warehouse has revision {found or 'none'} and this release expects {latest_revision()}; "
            "run: python -m closedloop migrate"
        )


def migrate(settings: Settings | None = None) -> bool:
    """Migrate to this release's shape, in one transaction; True when anything was done to the tables.

    Grants, and the two facts of ``ops.warehouse_info`` that settings decide, are renewed every time. Raises
    WarehouseError when the server is too old, the roles are not safe, or the warehouse belongs to a newer
    release.
    """
    settings = settings or get_settings()
    addresses = urls(settings)
    # Alembic wants SQLAlchemy's connection, the rest psycopg's: here they are one, and commit together.
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: connect("owner", settings, application="closedloop migrate"),
        poolclass=pool.NullPool,
    )
    try:
        with engine.begin() as lent:
            connection = lent.connection.driver_connection
            assert isinstance(connection, psycopg.Connection)
            _prepare(connection)
            before = _revision(connection)
            _upgrade(lent)
            soundness.require_sound_owner(connection)
            roles.grant(connection, addresses)
            _state_facts(connection, settings)
            after = _revision(connection)
    except (psycopg.Error, DBAPIError) as error:
        reason = error.orig if isinstance(error, DBAPIError) else error
        raise WarehouseError(
            f"the migration to revision {latest_revision()} failed and changed nothing: {str(reason).strip()}"
        ) from error
    soundness.require_sound_roles(settings)
    return before != after


def _prepare(connection: psycopg.Connection) -> None:
    """Everything that can be wrong before the first statement changes anything."""
    roles.require_version(connection)
    _require_utf8(connection)
    locks.lock_for_transaction(connection, locks.MIGRATE)
    _refuse_newer(_revision(connection))
    _require_right_to_create(connection)
    connection.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(VERSION_SCHEMA)))


def _state_facts(connection: psycopg.Connection, settings: Settings) -> None:
    connection.execute(
        """
        insert into ops.warehouse_info (key, value)
        values ('time_zone', %(zone)s), ('demo', 'false')
        on conflict (key) do nothing
        """,
        {"zone": settings.time_zone},
    )
    _refuse_other_time_zone(connection, settings)


def _revision(connection: psycopg.Connection) -> str | None:
    found = connection.execute("select to_regclass('ops.alembic_version') is not null").fetchone()
    if found is None or not found[0]:
        return None
    row = connection.execute("select version_num from ops.alembic_version").fetchone()
    return row[0] if row else None


def knows(revision: str) -> bool:
    """True when this release has a migration to the revision: it is this release's, or an older one's."""
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    try:
        return ScriptDirectory.from_config(_alembic_config()).get_revision(revision) is not None
    except CommandError:
        return False


def _refuse_newer(revision: str | None) -> None:
    if revision is not None and not knows(revision):
        raise WarehouseError(
            f"the warehouse has revision {revision}, which this release does not know: it belongs to a newer "
            "one; install that release, or restore a backup made with this one"
        )


def _require_utf8(connection: psycopg.Connection) -> None:
    row = connection.execute("show server_encoding").fetchone()
    if row is not None and row[0] != "UTF8":
        raise WarehouseError(
            f"database {connection.info.dbname} is encoded in {row[0]}; make one with: create database … "
            "encoding 'UTF8'"
        )


def _require_right_to_create(connection: psycopg.Connection) -> None:
    row = connection.execute("select has_database_privilege(current_database(), 'create')").fetchone()
    if row is None or not row[0]:
        name, owner = connection.info.dbname, connection.info.user
        raise WarehouseError(
            f"the owner {owner} may not create schemas in database {name}; grant create on database {name} "
            f"to {owner}"
        )


def _refuse_other_time_zone(connection: psycopg.Connection, settings: Settings) -> None:
    """Days already counted in one zone are not silently counted on in another."""
    row = connection.execute("select value from ops.warehouse_info where key = 'time_zone'").fetchone()
    if row is not None and row[0] != settings.time_zone:
        raise WarehouseError(
            f"the warehouse counts its days in {row[0]} and CLOSEDLOOP_TIME_ZONE says {settings.time_zone}; "
            f"set it to {row[0]}, or use another warehouse"
        )


def _upgrade(connection: Connection) -> None:
    from alembic import command

    config = _alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
