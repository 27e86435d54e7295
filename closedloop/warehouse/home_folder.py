"""The folder of an embedded warehouse, and the two locks in it.

``server.lock``
    held by whoever starts or stops the server: one at a time.
``server.users``
    shared by every process that uses the server: who could have it for itself is the last one.

Both are the kernel's (``flock``): a process that dies, however it dies, has given them back. Neither is
inherited by the server.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from closedloop.settings import Settings
from closedloop.warehouse.errors import WarehouseError
from closedloop.warehouse.service_user import ServiceUser, refuse_closed_parents


def prepare(settings: Settings, user: ServiceUser | None) -> None:
    """Make home: ours alone or, as root, one the server's user may pass through and not list.

    Raises WarehouseError when it cannot be made, is somebody else's, or lies below a folder that the
    server's user may not enter. No permission of a folder that exists is changed.
    """
    home = settings.home
    missing = _missing(home)
    refuse_closed_parents(missing[0] if missing else home, user)
    try:
        for folder in missing:
            folder.mkdir(mode=0o700, exist_ok=True)
            if user is not None:
                folder.chmod(0o711)
        require_own(settings)
    except OSError as error:
        raise WarehouseError(
            f"the warehouse's folder {home} cannot be made ({error.strerror}); set CLOSEDLOOP_HOME to one "
            "that can"
        ) from error
    refuse_closed_parents(home / "postgres", user)


def require_own(settings: Settings) -> None:
    """Raise WarehouseError unless home is a folder that we, and no stranger, may write."""
    home = settings.home
    if not home.is_dir():
        raise WarehouseError(f"the warehouse's folder {home} is not a folder; set CLOSEDLOOP_HOME to one")
    if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        raise WarehouseError(
            f"the warehouse's folder {home} belongs to somebody else; set CLOSEDLOOP_HOME to your own"
        )
    if home.stat().st_mode & 0o002:
        raise WarehouseError(f"anybody may write into the warehouse's folder {home}; chmod o-w {home}")


def _missing(home: Path) -> list[Path]:
    """The folders to make, outermost first."""
    return [folder for folder in (*reversed(home.parents), home) if not folder.exists()]


@contextmanager
def exclusively(settings: Settings) -> Iterator[None]:
    """Start or stop the server inside the block; waits while another process does."""
    with _opened(settings, "server.lock") as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


class Users:
    """This process's part in ``server.users``."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def join(self) -> None:
        """Be one of the users. Called under ``server.lock``, so nobody stops the server at that moment."""
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def alone(self) -> bool:
        """True when nobody else is a user; this process is none any more, whatever the answer."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            return False
        return True


@contextmanager
def users(settings: Settings) -> Iterator[Users]:
    """Access to ``server.users``; leaving the block leaves the users."""
    with _opened(settings, "server.users") as descriptor:
        yield Users(descriptor)


@contextmanager
def _opened(settings: Settings, name: str) -> Iterator[int]:
    descriptor = os.open(settings.home / name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        give_to_owner_of(settings.home, descriptor)
        yield descriptor
    finally:
        os.close(descriptor)


def give_to_owner_of(folder: Path, descriptor: int) -> None:
    """As root, leave a new file in somebody's home to them: a ``sudo`` must not lock them out."""
    if os.geteuid() == 0:
        found = folder.stat()
        os.fchown(descriptor, found.st_uid, found.st_gid)


def keep_mark(settings: Settings) -> Path:
    """File with the pid of a server that was started to stay (``up``): no user stops it on leaving."""
    return settings.home / "server.keep"


def is_kept(settings: Settings, pid: int) -> bool:
    """True when the server with this pid was started to stay."""
    try:
        return keep_mark(settings).read_text().strip() == str(pid)
    except OSError:
        return False
