"""The embedded server's data folder: made whole or not at all, its configuration ours at every start."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

from closedloop.settings import Settings
from closedloop.warehouse import secret_files
from closedloop.warehouse.errors import WarehouseError
from closedloop.warehouse.service_user import ServiceUser, child_options

#: Superuser of the embedded cluster; only this room connects as it.
ADMIN = "closedloop_admin"

_CONFIGURATION = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "64MB",
    "maintenance_work_mem": "256MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    # Pages ask many short questions on few cores: compiling a plan costs more than it saves, and one helper
    # is enough.
    "jit": "off",
    "max_parallel_workers_per_gather": "1",
    # No standby reads the log, so tables made and filled in one transaction need not go through it.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # With data checksums the first reader of a fresh page logs it whole, and packing it costs ten times
    # what reading it does.
    "wal_compression": "off",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_lock_waits": "on",
    "log_autovacuum_min_duration": "-1",
    "log_checkpoints": "off",
}

_AUTHENTICATION = """\
# Written at every start. The socket is the only way in, and every role needs its password.
local all all scram-sha-256
"""


def data_folder(settings: Settings) -> Path:
    """``home/postgres``."""
    return settings.home / "postgres"


def exists(settings: Settings) -> bool:
    """True when the embedded warehouse has been made."""
    return (data_folder(settings) / "PG_VERSION").exists()


def made_by(settings: Settings) -> int:
    """Major version of PostgreSQL that made the folder."""
    return int((data_folder(settings) / "PG_VERSION").read_text().strip())


def initialise(settings: Settings, bin_folder: Path, user: ServiceUser | None) -> None:
    """Make the data folder under another name, then rename it: no start leaves it half made."""
    folder = data_folder(settings)
    draft = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    password_file = draft.with_name(f".admin.{secrets.token_hex(8)}")
    descriptor = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secret_files.read_or_create(settings, "admin"))
        if user is not None:
            os.chown(draft, user.uid, user.gid)
            os.chown(password_file, user.uid, user.gid)
        done = subprocess.run(
            [
                bin_folder / "initdb",
                f"--pgdata={draft}",
                f"--username={ADMIN}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                # Sorted by code point on every machine, whatever its locales.
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-instructions",
                *(["--no-sync"] if settings.postgres_options.get("fsync") == "off" else []),
            ],
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            **child_options(user),
        )
    finally:
        password_file.unlink()
    if done.returncode != 0:
        shutil.rmtree(draft, ignore_errors=True)
        raise WarehouseError(f"the embedded warehouse could not be made in {folder}: {done.stderr.strip()}")
    draft.rename(folder)


def configure(settings: Settings, sockets: Path, user: ServiceUser | None) -> None:
    """Write the configuration and the one way in. Called before every start; what was there is replaced."""
    # Quoted twice: the value is itself a list of names.
    options = _CONFIGURATION | {"unix_socket_directories": '"' + str(sockets).replace('"', '""') + '"'}
    if not _room_for_shared_memory():
        options["dynamic_shared_memory_type"] = "mmap"
    forbidden = {"listen_addresses", "unix_socket_directories", "hba_file", "ssl"} & set(
        settings.postgres_options
    )
    if forbidden:
        raise WarehouseError(
            f"CLOSEDLOOP_POSTGRES_OPTIONS sets {', '.join(sorted(forbidden))}: the embedded server is "
            "reached through its own socket only; for a server others can reach, give the three URLs of a "
            "PostgreSQL you run yourself"
        )
    options |= settings.postgres_options
    lines = [
        "# Written at every start from closedloop/warehouse/data_folder.py; change "
        "CLOSEDLOOP_POSTGRES_OPTIONS."
    ]
    lines += [f"{name} = '{_quoted(value)}'" for name, value in options.items()]
    _write(data_folder(settings) / "postgresql.conf", "\n".join(lines) + "\n", user)
    _write(data_folder(settings) / "pg_hba.conf", _AUTHENTICATION, user)


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")


def _room_for_shared_memory() -> bool:
    """False in a container whose ``/dev/shm`` is Docker's 64 MB: a parallel hash join would run out of it."""
    if sys.platform != "linux":
        return True
    try:
        found = os.statvfs("/dev/shm")
    except OSError:
        return False
    return found.f_bavail * found.f_frsize >= 512 * 2**20


def _write(path: Path, text: str, user: ServiceUser | None) -> None:
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        if user is not None:
            # By descriptor: the folder is the server's, who could have put a link in the name's place by now.
            os.fchown(file.fileno(), user.uid, user.gid)
    draft.rename(path)
