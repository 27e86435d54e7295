"""The PostgreSQL servers tests run on: the embedded one, and a Debian 15 as an administrator gives it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import tempfile
from abc import ABC, abstractmethod
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import psycopg
from alembic import command
from psycopg import sql
from sqlalchemy import create_engine, pool

from closedloop import warehouse
from closedloop.settings import Settings
from closedloop.warehouse import administration, embedded, roles, schema
from closedloop.warehouse.addresses import urls
from closedloop.warehouse.service_user import child_options, service_user

#: A machine that loses power in the middle of the tests loses the tests.
FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "128MB",
    "autovacuum": "off",
}
#: The name of every warehouse that dbt is to build, one at a time on a server: see ``parsed.py``.
TO_BUILD = "test_built"
#: A file system in memory, and how much of it the servers of a run may take. A warehouse is many files: on a
#: disk, making and dropping them is a sixth of the time of all tests.
_IN_MEMORY, _ROOM = Path("/dev/shm"), 8 * 2**30
DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")


@dataclass(frozen=True)
class Warehouse:
    """One warehouse of a test: a database of its own.

    ``settings`` goes to functions, ``environment`` to child processes (it is what ``settings`` was read
    from).
    """

    server: Server
    database: str
    settings: Settings
    environment: dict[str, str]

    def connect(self, role: warehouse.Role = "owner", **options: object) -> psycopg.Connection:
        """``warehouse.connect`` to this one."""
        return warehouse.connect(role, self.settings, **options)  # type: ignore[arg-type]

    @contextmanager
    def in_environment(self):
        """Make this the warehouse of ``get_settings()`` inside the block."""
        from closedloop.settings import get_settings

        before = {name: value for name, value in os.environ.items() if name.startswith("CLOSEDLOOP_")}
        for name in before:
            del os.environ[name]
        os.environ.update(self.environment)
        get_settings.cache_clear()
        try:
            yield self
        finally:
            for name in [name for name in os.environ if name.startswith("CLOSEDLOOP_")]:
                del os.environ[name]
            os.environ.update(before)
            get_settings.cache_clear()


class Server(ABC):
    """A running server on which warehouses are made, copied and dropped."""

    def __init__(self) -> None:
        self._migrated: str | None = None

    @abstractmethod
    def admin(self, database: str = "postgres") -> psycopg.Connection:
        """A superuser's connection in autocommit."""

    @abstractmethod
    def environment(self, database: str) -> dict[str, str]:
        """The variables that name this database."""

    @abstractmethod
    def owner_role(self) -> str:
        """Name of the role that owns the databases."""

    @abstractmethod
    def stop(self) -> None:
        """Stop it and remove its files."""

    def at(self, database: str) -> Warehouse:
        """The warehouse in an existing database."""
        environment = self.environment(database)
        names = {name.removeprefix("CLOSEDLOOP_").lower(): value for name, value in environment.items()}
        names["postgres_options"] = json.loads(names.get("postgres_options", "{}"))
        return Warehouse(self, database, Settings(**names), environment)

    def blank(self, name: str | None = None) -> Warehouse:
        """A database with nothing in it, not even migrated."""
        return self._create("template0", name)

    def at_revision(self, revision: str) -> Warehouse:
        """A warehouse as an earlier release left it, empty."""
        made = self.blank()
        engine = create_engine(
            "postgresql+psycopg://", creator=lambda: made.connect("owner"), poolclass=pool.NullPool
        )
        with engine.begin() as connection:
            connection.exec_driver_sql("create schema ops")
            config = schema._alembic_config()
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
        return made

    def fresh(self, name: str | None = None) -> Warehouse:
        """A migrated, empty warehouse (a copy of one: 0.1 s)."""
        if self._migrated is None:
            first = self.blank()
            warehouse.migrate(first.settings)
            self._migrated = first.database
        return self.copy(self.at(self._migrated), name)

    def copy(self, of: Warehouse, name: str | None = None) -> Warehouse:
        """A warehouse like another one of this server, which nobody may be connected to."""
        warehouse.dispose_engines()
        made = self._create(of.database, name)
        # A copied database has its tables' grants, and none of its own.
        with made.connect("owner") as connection:
            roles.grant(connection, urls(made.settings))
        return made

    def _create(self, template: str, name: str | None = None) -> Warehouse:
        database = name or f"test_{secrets.token_hex(6)}"
        statement = sql.SQL("create database {} owner {} template {}").format(
            sql.Identifier(database), sql.Identifier(self.owner_role()), sql.Identifier(template)
        )
        with self.admin() as connection:
            connection.execute(statement)
        return self.at(database)

    def rename(self, renamed: Warehouse, name: str) -> Warehouse:
        """The same warehouse under another name; nobody may be connected to it."""
        warehouse.dispose_engines()
        with self.admin() as connection:
            connection.execute(
                sql.SQL("alter database {} rename to {}").format(
                    sql.Identifier(renamed.database), sql.Identifier(name)
                )
            )
        return self.at(name)

    def drop(self, dropped: Warehouse) -> None:
        """Remove a warehouse, whoever is still connected."""
        warehouse.dispose_engines()
        with self.admin() as connection:
            connection.execute(
                sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(dropped.database))
            )


def _has_room() -> bool:
    return _IN_MEMORY.is_dir() and shutil.disk_usage(_IN_MEMORY).free > _ROOM


def open_folder() -> Path:
    """A temporary folder that the server's user may pass through when the tests run as root."""
    folder = Path(tempfile.mkdtemp(prefix="closedloop-tests-", dir=_IN_MEMORY if _has_room() else None))
    if os.geteuid() == 0:
        folder.chmod(0o711)
    return folder


class EmbeddedServer(Server):
    """The product's own; ``like`` is the home of a stopped one, of which it is to be a copy."""

    def __init__(self, like: Path | None = None) -> None:
        super().__init__()
        self._folder = open_folder()
        self._home = self._folder / "home"
        if like is not None:
            # Not shutil: as root, the server's files belong to the server's user.
            subprocess.run(["cp", "-a", like, self._home], check=True)
        embedded.start(self.at("closedloop").settings)

    def freeze(self, folder: Path) -> None:
        """Stop it and leave its home as ``folder``, for others to be made like it."""
        embedded.stop(self.at("closedloop").settings)
        self._home.rename(folder)
        shutil.rmtree(self._folder, ignore_errors=True)

    def admin(self, database: str = "postgres") -> psycopg.Connection:
        return administration.admin_connection(self.at("closedloop").settings, database)

    def environment(self, database: str) -> dict[str, str]:
        return {
            "CLOSEDLOOP_HOME": str(self._home),
            "CLOSEDLOOP_DATABASE": database,
            "CLOSEDLOOP_POSTGRES_OPTIONS": json.dumps(FAST),
        }

    def owner_role(self) -> str:
        return "closedloop_owner"

    def stop(self) -> None:
        embedded.stop(self.at("closedloop").settings)
        shutil.rmtree(self._folder, ignore_errors=True)


class DebianServer(Server):
    """PostgreSQL 15 with roles under other names, made by an administrator: the owner is no superuser."""

    roles: ClassVar = {"owner": "clerk_owner", "loader": "clerk_loader", "reader": "clerk_reader"}
    groups: ClassVar = {"analyst": "clerk_analysts", "auditor": "clerk_auditors"}

    def __init__(self, bin_folder: Path = DEBIAN_15) -> None:
        super().__init__()
        self._bin = bin_folder
        self._folder = open_folder()
        self._password = secrets.token_urlsafe(16)
        self._user = service_user(Settings())
        self._data = self._folder / "data"
        password_file = self._folder / "password"
        password_file.write_text(self._password)
        self._data.mkdir(mode=0o700)
        if self._user is not None:
            os.chown(self._data, self._user.uid, self._user.gid)
            os.chown(password_file, self._user.uid, self._user.gid)
        self._run(
            "initdb", "-D", self._data, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8",
            "--auth=scram-sha-256", f"--pwfile={password_file}", "--no-sync",
        )  # fmt: skip
        options = " ".join(f"-c {name}={value}" for name, value in FAST.items())
        sockets = f"-c listen_addresses='' -c unix_socket_directories={self._data}"
        self._run(
            "pg_ctl", "start", "-w", "-D", self._data, "-l", self._data / "log", "-o", f"{options} {sockets}"
        )
        with self.admin() as connection:
            for name in self.roles.values():
                connection.execute(
                    sql.SQL("create role {} login password {}").format(
                        sql.Identifier(name), sql.Literal(self._password)
                    )
                )
            for name in self.groups.values():
                connection.execute(sql.SQL("create role {} nologin").format(sql.Identifier(name)))

    def _run(self, program: str, *arguments: object) -> None:
        subprocess.run(
            [self._bin / program, *map(str, arguments)],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            **child_options(self._user),
        )

    def url(self, user: str, database: str) -> str:
        """The address of a role in a database."""
        return f"postgresql://{user}:{self._password}@/{database}?host={self._data}"

    def admin(self, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(self.url("postgres", database), autocommit=True)

    def environment(self, database: str) -> dict[str, str]:
        urls = {
            f"CLOSEDLOOP_{role.upper()}_URL": self.url(name, database) for role, name in self.roles.items()
        }
        groups = {f"CLOSEDLOOP_{kind.upper()}_ROLE": name for kind, name in self.groups.items()}
        return (
            urls
            | groups
            | {
                "CLOSEDLOOP_HOME": str(self._folder / "home"),
                "CLOSEDLOOP_HASH_KEY": "a key for tests",
            }
        )

    def owner_role(self) -> str:
        return self.roles["owner"]

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", self._data)
        shutil.rmtree(self._folder, ignore_errors=True)
