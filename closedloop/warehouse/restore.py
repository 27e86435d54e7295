"""Bringing a backup into an empty warehouse: all is checked first, and it arrives whole or not at all."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psycopg
from psycopg import sql

from closedloop.settings import Settings, get_settings
from closedloop.warehouse import backup, dump_programs, locks, roles, schema, secret_files
from closedloop.warehouse.backup import Facts, fingerprint
from closedloop.warehouse.connections import connect, dispose_engines
from closedloop.warehouse.errors import WarehouseError
from closedloop.warehouse.statements import of_names, only_row


@dataclass(frozen=True)
class Restored:
    """What came back. ``reference`` names the files of the reference data that differ from the backup's."""

    facts: Facts
    migrated: bool
    reference: tuple[str, ...]


def restore(folder: Path, settings: Settings | None = None) -> Restored:
    """Fill the empty warehouse from a backup, and bring it to this release's shape.

    Raises WarehouseError, and has changed nothing, when the backup is unfinished, damaged, of a newer
    release or counts its days in another time zone, when the hash key is another, or when the warehouse holds
    loads or members. Marts are not in a backup: a build is due afterwards.
    """
    settings = settings or get_settings()
    facts = read(folder)
    if not schema.knows(facts.revision):
        raise WarehouseError(
            f"the backup has revision {facts.revision}, which this release does not know: it was made by "
            f"Closedloop {facts.closedloop}; install that release, restore, and upgrade"
        )
    if facts.time_zone != settings.time_zone:
        raise WarehouseError(
            f"the backup counts its days in {facts.time_zone} and CLOSEDLOOP_TIME_ZONE says "
            f"{settings.time_zone}; set it to {facts.time_zone}"
        )
    key = _key(folder, facts, settings)
    with (
        connect("owner", settings, autocommit=True, application="closedloop restore") as connection,
        locks.locked_for_session(connection),
    ):
        _require_empty(connection, settings)
        if key is not None:
            # Before the rows: whoever is interrupted here has a key and no rows, never rows without a key.
            secret_files.keep(settings, "hash_key", key)
        dispose_engines()
        with connection.transaction():
            for name in roles.all_schemas():
                connection.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(name)))
        _pour(folder / backup.DUMP, connection.info.server_version // 10000, settings)
        _require_same_rows(facts, backup.row_counts(connection))
    migrated = schema.migrate(settings)
    return Restored(facts, migrated, _other_reference(folder / backup.REFERENCE, settings.reference_dir))


def read(folder: Path) -> Facts:
    """What a backup says of itself, after every file of it was held against its sum.

    Raises WarehouseError naming each file that is missing, damaged or too many.
    """
    if not (folder / backup.SUMS).is_file():
        raise WarehouseError(
            f"{folder} is no finished backup: a folder closedloop-<time>Z with SHA256SUMS in it is one"
        )
    told = _by_name((folder / backup.SUMS).read_text())
    found = _by_name(backup.sums(folder))
    faults = [f"{name} is missing" for name in told.keys() - found.keys()]
    faults += [f"{name} is not of it" for name in found.keys() - told.keys()]
    faults += [f"{name} is damaged" for name in told.keys() & found.keys() if told[name] != found[name]]
    if faults:
        raise WarehouseError(f"the backup {folder} is not as it was written: {', '.join(sorted(faults))}")
    return Facts(**json.loads((folder / backup.FACTS).read_text()))


def _by_name(lines: str) -> dict[str, str]:
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines.splitlines())}


def _key(folder: Path, facts: Facts, settings: Settings) -> str | None:
    """The key to keep in home; None where the one in force is the backup's already."""
    where, present = "CLOSEDLOOP_HASH_KEY", None
    if settings.hash_key is not None:
        present = settings.hash_key.get_secret_value()
    elif settings.embedded:
        where = str(secret_files.secrets_folder(settings) / "hash_key")
        with suppress(FileNotFoundError):
            present = secret_files.read(settings, "hash_key")
    if present is not None:
        if fingerprint(present.encode()) == facts.key:
            return None
        raise WarehouseError(
            f"{where} is another key than the one the backup was loaded with: the same caller would become "
            "two people. Set the old one"
            + (", or move the file away if nothing was ever loaded with it" if settings.embedded else "")
        )
    saved = folder / backup.KEY
    if not settings.embedded or not saved.exists():
        raise WarehouseError(
            "the hash key is missing: set CLOSEDLOOP_HASH_KEY to the one the backup was loaded with"
            + (f"; it is in {saved}" if saved.exists() else "; the backup was made without it")
        )
    key = saved.read_text().strip()
    if fingerprint(key.encode()) != facts.key:
        raise WarehouseError(f"{saved} is not the key the backup was loaded with")
    return key


def _require_empty(connection: psycopg.Connection, settings: Settings) -> None:
    for table, what in (("ops.batches", "loads"), ("access.members", "members")):
        (there,) = only_row(connection.execute("select to_regclass(%s) is not null", [table]))
        (count,) = only_row(connection.execute(of_names(f"select count(*) from {table}"))) if there else (0,)
        if count:
            mend = (
                "another CLOSEDLOOP_HOME, or: python -m closedloop reset"
                if settings.embedded
                else "a new database"
            )
            raise WarehouseError(
                f"the warehouse holds {count:,} {what}, and a backup is restored into an empty one: {mend}"
            )


def _pour(dump: Path, server_major: int, settings: Settings) -> None:
    """``pg_restore`` writes the script, ``psql`` runs it in one transaction.

    That ends with our own last line: if anybody dies on the way, it never comes, and nothing is committed.
    """
    programs = dump_programs.folder_for(server_major)
    with dump_programs.owner_environment(settings) as environment, tempfile.TemporaryFile() as told:
        script = subprocess.Popen(
            [programs / "pg_restore", "--no-owner", "--no-privileges", "--file=-", dump],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=told,
            env=environment,
        )
        runner = subprocess.Popen(
            [
                programs / "psql", "--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1",
                "--output=/dev/null",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=told,
            env=environment,
        )  # fmt: skip
        with script, runner:
            assert script.stdout is not None and runner.stdin is not None
            try:
                runner.stdin.write(b"begin;\n")
                for part in _understood(script.stdout, server_major):
                    runner.stdin.write(part)
                if script.wait() == 0:
                    runner.stdin.write(b"commit;\n")
                runner.stdin.close()
            except BrokenPipeError:
                # psql stopped at an error, which it has told.
                script.kill()
        if script.returncode != 0 or runner.returncode != 0:
            told.seek(0)
            said = told.read().decode(errors="replace").strip().splitlines()
            raise WarehouseError(
                "the restore failed, and the warehouse is empty as before: " + " ".join(said[:3])
            )


def _understood(source: IO[bytes], server_major: int) -> Iterator[bytes]:
    """The script, without the setting at its head that an older server does not know."""
    for line in source:
        if not (line.startswith(b"SET transaction_timeout") and server_major < 17):
            yield line
        if line.startswith(b"SET row_security"):
            break
    while block := source.read(1 << 20):
        yield block


def _require_same_rows(facts: Facts, found: dict[str, int]) -> None:
    differ = [
        f"{table} {found.get(table, 0):,} instead of {count:,}"
        for table, count in facts.rows.items()
        if found.get(table) != count
    ]
    if differ:
        raise WarehouseError(f"the restored warehouse is not the one backed up: {', '.join(differ)}")


def _other_reference(saved: Path, here: Path) -> tuple[str, ...]:
    names = {path.name for folder in (saved, here) if folder.is_dir() for path in folder.iterdir()}
    return tuple(sorted(name for name in names if _content(saved / name) != _content(here / name)))


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
