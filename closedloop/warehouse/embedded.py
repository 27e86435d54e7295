"""The embedded server: PostgreSQL in the project's own folder, for one machine and no administrator.

What it promises, each with a test in ``tests/warehouse``:

* One server per home, whoever starts it and how often at once; reused only after it has answered ``select
  1`` to our password and shown our data folder.
* No TCP, no trust: a socket in a folder of mode 0700 and a random password per role.
* No folder that is not ours is made, opened or relied upon.
* It outlives the death of who started it; the next start reuses it, or clears away what is left of it.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from closedloop.settings import Settings, get_settings
from closedloop.warehouse import (
    administration,
    binaries,
    data_folder,
    home_folder,
    postmaster,
    secret_files,
    socket_folder,
)
from closedloop.warehouse.addresses import ROLES
from closedloop.warehouse.binaries import MAJOR, programs
from closedloop.warehouse.connections import dispose_engines
from closedloop.warehouse.errors import WarehouseError
from closedloop.warehouse.service_user import ServiceUser, service_user

Progress = Callable[[str], None]

#: A server that has to replay its log after a crash may need this long.
_START_SECONDS = 180


@dataclass(frozen=True)
class Status:
    """What is known of the embedded server: no ``pid`` when it is down, no ``version`` when it is silent."""

    home: Path
    exists: bool
    pid: int | None
    version: str | None
    sockets: Path | None


def quiet(_: str) -> None:
    """Progress told to nobody."""


def start(settings: Settings | None = None, progress: Progress = quiet) -> bool:
    """Have the server running until somebody calls :func:`stop`; True when this call started it.

    Its roles and its database are in place. Waits while another process starts or stops the same server.
    Raises WarehouseError with the end of the server's log when it does not come up.
    """
    settings = settings or get_settings()
    user = service_user(settings)
    home_folder.prepare(settings, user)
    with home_folder.exclusively(settings):
        started = _start(settings, user, progress)
        found = postmaster.find(data_folder.data_folder(settings))
        if found is not None:
            home_folder.keep_mark(settings).write_text(str(found.pid))
        return started


def _start(settings: Settings, user: ServiceUser | None, progress: Progress) -> bool:
    folder = data_folder.data_folder(settings)
    for name in ("admin", *ROLES):
        secret_files.read_or_create(settings, name)
    if _living_server_answers(settings, folder):
        if not administration.roles_are_there(settings):
            administration.ensure_roles(settings)
        administration.ensure_database(settings)
        return False
    if data_folder.exists(settings) and data_folder.made_by(settings) != MAJOR:
        raise WarehouseError(
            f"{folder} was made by PostgreSQL {data_folder.made_by(settings)}, and this release carries "
            f"{MAJOR}; run: python -m closedloop reset, then load the exports again"
        )
    bin_folder = programs(settings, user)
    if not data_folder.exists(settings):
        progress(f"making the embedded warehouse in {settings.home}")
        data_folder.initialise(settings, bin_folder, user)
    postmaster.clear_away(folder, progress)
    sockets = socket_folder.choose(settings)
    socket_folder.prepare(sockets, user)
    socket_folder.record(settings, sockets)
    data_folder.configure(settings, sockets, user)
    progress("starting the embedded PostgreSQL")
    postmaster.launch(bin_folder, folder, user, lambda: administration.answers(settings), _START_SECONDS)
    administration.ensure_roles(settings)
    administration.ensure_database(settings)
    return True


def _living_server_answers(settings: Settings, folder: Path) -> bool:
    """Reuse a server that answers; give one that is starting, recovering or ending the time to.

    False when there is none, or when it can never answer: its socket is gone with a tidied temp folder.
    """
    deadline = time.monotonic() + _START_SECONDS
    while (found := postmaster.find(folder)) is not None:
        if administration.answers(settings):
            return True
        reachable = (socket_folder.socket_folder(settings) / socket_folder.SOCKET_NAME).exists()
        if (found.ready and not reachable) or time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return False


def revive(settings: Settings | None = None, progress: Progress = quiet) -> bool:
    """Start the server again if it died by itself; True when this call did.

    A server that was stopped (:func:`stop`) leaves no pid behind, a killed or crashed one does: so nobody's
    ``closedloop down`` is undone.
    """
    settings = settings or get_settings()
    if not postmaster.is_stale(data_folder.data_folder(settings)):
        return False
    with home_folder.exclusively(settings):
        folder = data_folder.data_folder(settings)
        if not postmaster.is_stale(folder):
            return False
        mark = home_folder.keep_mark(settings)
        started = _start(settings, service_user(settings), progress)
        found = postmaster.find(folder)
        if found is not None and mark.exists():
            mark.write_text(str(found.pid))
        return started


def stop(settings: Settings | None = None) -> bool:
    """Stop the server; True when one ran. What its clients are doing is rolled back."""
    settings = settings or get_settings()
    if not settings.home.exists():
        return False
    home_folder.require_own(settings)
    dispose_engines()
    with home_folder.exclusively(settings):
        return _stop(settings)


def _stop(settings: Settings) -> bool:
    folder = data_folder.data_folder(settings)
    found = postmaster.find(folder)
    if found is not None:
        postmaster.end(found)
        shutil.rmtree(socket_folder.socket_folder(settings), ignore_errors=True)
    postmaster.forget_stale(folder)
    home_folder.keep_mark(settings).unlink(missing_ok=True)
    return found is not None


@contextmanager
def in_use(
    settings: Settings | None = None, progress: Progress = quiet, *, stop_at_end: bool = False
) -> Iterator[bool]:
    """Have the server running inside the block; yields True when this block started it.

    The last process to leave such a block stops the server, unless it was started to stay (:func:`start`);
    ``stop_at_end`` stops that one too.
    """
    settings = settings or get_settings()
    user = service_user(settings)
    home_folder.prepare(settings, user)
    with home_folder.users(settings) as users:
        # Inside the try: interrupted while starting, the server is stopped as well.
        try:
            with home_folder.exclusively(settings):
                started = _start(settings, user, progress)
                users.join()
            yield started
        finally:
            dispose_engines()
            with home_folder.exclusively(settings):
                found = postmaster.find(data_folder.data_folder(settings))
                kept = found is not None and home_folder.is_kept(settings, found.pid) and not stop_at_end
                if users.alone() and not kept:
                    _stop(settings)


def has_users(settings: Settings | None = None) -> bool:
    """True while some process is inside :func:`in_use`."""
    settings = settings or get_settings()
    if not settings.home.exists():
        return False
    with home_folder.users(settings) as users:
        return not users.alone()


def status(settings: Settings | None = None) -> Status:
    """What is there and what runs. Starts nothing, waits for nothing."""
    settings = settings or get_settings()
    if not settings.home.exists():
        return Status(settings.home, False, None, None, None)
    home_folder.require_own(settings)
    found = postmaster.find(data_folder.data_folder(settings))
    version = None
    if found is not None:
        try:
            with administration.admin_connection(settings) as connection:
                row = connection.execute("show server_version").fetchone()
                version = row[0] if row else None
        except psycopg.Error:
            pass
    return Status(
        home=settings.home,
        exists=data_folder.exists(settings),
        pid=found.pid if found else None,
        version=version,
        sockets=found.sockets if found else None,
    )


def empty(settings: Settings | None = None) -> None:
    """Replace the warehouse by one with nothing in it, not even migrated. The server must be running."""
    settings = settings or get_settings()
    dispose_engines()
    administration.drop_database(settings)
    administration.ensure_database(settings)


def remove(settings: Settings | None = None) -> bool:
    """Stop the server and delete its data; True when there was any. Secrets stay, so pseudonyms keep."""
    settings = settings or get_settings()
    if not settings.home.exists():
        return False
    home_folder.require_own(settings)
    dispose_engines()
    with home_folder.exclusively(settings):
        _stop(settings)
        if not data_folder.exists(settings):
            return False
        # Renamed first: a removal that is interrupted leaves no half of a warehouse behind.
        binaries.forget(settings)
        doomed = settings.home / ".postgres.removed"
        shutil.rmtree(doomed, ignore_errors=True)
        data_folder.data_folder(settings).rename(doomed)
        shutil.rmtree(doomed)
        return True
