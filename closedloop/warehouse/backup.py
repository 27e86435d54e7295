"""A backup: everything of a warehouse that cannot be made again, in one folder that is whole or not there.

``warehouse.dump``
    ``pg_dump`` (custom format) of raw, ops, status, access and audit. The marts are not in it: a build makes
    them again.
``hash_key``
    the key of the pseudonyms. Without it, a caller loaded tomorrow is somebody else than the same one loaded
    yesterday.
``reference/``
    the reference data as it is: the deadlines a bureau has set stand in files, not in the warehouse.
``backup.json``, ``SHA256SUMS``
    what it is, and whether it is still what it was.

Whoever reads the folder reads every case. It is made readable for its owner alone, and is not encrypted.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import shutil
import subprocess
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql

from closedloop import __version__
from closedloop.settings import Settings, get_settings
from closedloop.warehouse import dump_programs
from closedloop.warehouse.connections import connect
from closedloop.warehouse.errors import WarehouseError
from closedloop.warehouse.info import is_demo
from closedloop.warehouse.roles import OWN_SCHEMAS
from closedloop.warehouse.schema import require_current
from closedloop.warehouse.secret_files import hash_key

DUMP, KEY, FACTS, SUMS, REFERENCE = "warehouse.dump", "hash_key", "backup.json", "SHA256SUMS", "reference"
_UNFINISHED = ".unfinished"


@dataclass(frozen=True)
class Facts:
    """What a backup says of itself. ``rows`` counts every table at the moment of the dump; ``key`` is a
    fingerprint of the hash key, from which nobody can go back."""

    closedloop: str
    revision: str
    server: str
    made_at: str
    time_zone: str
    demo: bool
    key: str
    rows: dict[str, int]


def fingerprint(key: bytes) -> str:
    """Tells two hash keys apart without showing either: 32 hexadecimal digits."""
    return hmac.digest(key, b"closedloop: which key is this", "sha256").hex()[:32]


def back_up(into: Path, settings: Settings | None = None, *, with_key: bool = True) -> tuple[Path, Facts]:
    """Write a backup into a new folder below ``into``; the folder, and what it says of itself.

    It holds the warehouse as of one moment, also while a load or a build runs: what commits later is not in
    it. An interrupted backup leaves a folder whose name ends in ``.unfinished`` and which nothing restores.
    Raises WarehouseError when the warehouse is not of this release's shape, or no ``pg_dump`` fits.
    """
    settings = settings or get_settings()
    require_current(settings)
    made_at = datetime.now(UTC)
    target = into / f"closedloop-{made_at:%Y%m%dT%H%M%SZ}"
    draft = target.with_name(target.name + _UNFINISHED)
    try:
        into.mkdir(parents=True, exist_ok=True)
        draft.mkdir(mode=0o700)
    except OSError as error:
        raise WarehouseError(f"no backup can be written to {into}: {error.strerror}") from error
    if target.exists():
        draft.rmdir()
        raise WarehouseError(f"{target} exists: wait a second and try again")
    facts = _dump(draft / DUMP, made_at, settings)
    if with_key:
        _write(draft / KEY, hash_key(settings))
    shutil.copytree(settings.reference_dir, draft / REFERENCE, copy_function=shutil.copyfile)
    _write(draft / FACTS, json.dumps(asdict(facts), indent=2, ensure_ascii=False).encode() + b"\n")
    _write(draft / SUMS, sums(draft).encode())
    _to_disk(draft)
    draft.rename(target)
    return target, facts


def _dump(file: Path, made_at: datetime, settings: Settings) -> Facts:
    with connect("owner", settings, application="closedloop backup") as connection:
        # Counted in the snapshot that pg_dump is given: what the restore compares was true at one moment.
        connection.execute("set transaction isolation level repeatable read, read only")
        row = connection.execute(
            """
            select
                pg_export_snapshot(),
                current_setting('server_version'),
                (select version_num from ops.alembic_version),
                (select value from ops.warehouse_info where key = 'time_zone')
            """
        ).fetchone()
        assert row is not None
        snapshot, server, revision, time_zone = row
        facts = Facts(
            closedloop=__version__,
            revision=revision,
            server=server,
            made_at=made_at.isoformat(timespec="seconds"),
            time_zone=time_zone,
            demo=is_demo(connection),
            key=fingerprint(hash_key(settings)),
            rows=row_counts(connection),
        )
        _write(file, b"")
        programs = dump_programs.folder_for(connection.info.server_version // 10000)
        with dump_programs.owner_environment(settings) as environment:
            done = subprocess.run(
                [
                    programs / "pg_dump",
                    "--format=custom",
                    "--no-owner",
                    "--no-privileges",
                    "--no-password",
                    f"--snapshot={snapshot}",
                    f"--file={file}",
                    *(f"--schema={name}" for name in OWN_SCHEMAS),
                ],
                check=False,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                env=environment,
            )
        connection.rollback()
    if done.returncode != 0:
        raise WarehouseError(f"the backup failed, and {file.parent} is none: {done.stderr.strip()}")
    return facts


def row_counts(connection: psycopg.Connection) -> dict[str, int]:
    """Rows of every table that a backup holds, by ``schema.table``."""
    tables = connection.execute(
        """
        select schemaname, tablename
        from pg_tables
        where schemaname = any (%s)
        order by 1, 2
        """,
        [list(OWN_SCHEMAS)],
    ).fetchall()
    counts = {}
    for schema, table in tables:
        statement = sql.SQL("select count(*) from {}").format(sql.Identifier(schema, table))
        row = connection.execute(statement).fetchone()
        counts[f"{schema}.{table}"] = row[0] if row else 0
    return counts


def sums(folder: Path) -> str:
    """SHA-256 of every file of a backup but the list itself, as ``sha256sum --check`` reads it."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SUMS)
    return "".join(f"{_sha256(path)}  {path.relative_to(folder)}\n" for path in files)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _to_disk(folder: Path) -> None:
    """What the next line calls whole must survive a loss of power."""
    for path in (*folder.rglob("*"), folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
