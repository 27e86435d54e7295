"""``pg_dump``, ``pg_restore`` and ``psql``: those of the wheel, or newer ones where the server is newer."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from closedloop.settings import Settings
from closedloop.warehouse.addresses import urls
from closedloop.warehouse.binaries import MAJOR, installed_programs
from closedloop.warehouse.errors import WarehouseError

_SERVICE = "closedloop"


def folder_for(server_major: int) -> Path:
    """The folder of programs that can speak to a server of this version: they must not be older than it.

    Raises WarehouseError when the wheel's are older than the server and the PATH has no newer ones.
    """
    if server_major <= MAJOR:
        return installed_programs()
    found = shutil.which("pg_dump")
    version = _major_of(found) if found is not None else None
    if found is not None and version is not None and version >= server_major:
        return Path(found).parent
    there = f"{found} is of version {version}" if found else "there is none on the PATH"
    raise WarehouseError(
        f"the server is PostgreSQL {server_major} and the pg_dump that comes with this release is of version "
        f"{MAJOR}; {there}; install PostgreSQL {server_major}'s client programs"
    )


def _major_of(program: str) -> int | None:
    told = subprocess.run([program, "--version"], check=False, capture_output=True, text=True).stdout
    found = re.search(r" (\d+)", told)
    return int(found[1]) if found else None


@contextmanager
def owner_environment(settings: Settings) -> Iterator[dict[str, str]]:
    """The environment in which such a program is the owner, connected to the warehouse.

    The address goes through a file of mode 0600: arguments and environments of processes can be listed.
    """
    parts = urls(settings).parts("owner")
    with tempfile.TemporaryDirectory(prefix="closedloop-") as folder:
        file = Path(folder) / "service"
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as written:
            written.write(f"[{_SERVICE}]\n")
            written.writelines(f"{name}={value}\n" for name, value in parts.items())
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        yield environment | {"PGSERVICEFILE": str(file), "PGSERVICE": _SERVICE, "PGTZ": "UTC"}
