"""Where the embedded server's socket lives: a private folder with a path short enough for the kernel."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from closedloop.settings import Settings
from closedloop.warehouse.errors import WarehouseError
from closedloop.warehouse.service_user import ServiceUser, may_enter

SOCKET_NAME = ".s.PGSQL.5432"
#: sun_path is 104 bytes on macOS and 108 on Linux, the final zero included.
_LONGEST_PATH = 103


def _fits(folder: Path) -> bool:
    # A client reads a comma as the end of one host and the beginning of the next.
    return len(os.fsencode(folder / SOCKET_NAME)) <= _LONGEST_PATH and "," not in str(folder)


def _record(settings: Settings) -> Path:
    return settings.home / "server.sockets"


def socket_folder(settings: Settings) -> Path:
    """Where the server of this home put its socket when it last started.

    Written down, not worked out again: two processes may disagree about what the temp folder is.
    """
    try:
        return Path(_record(settings).read_text())
    except FileNotFoundError:
        return choose(settings)


def record(settings: Settings, folder: Path) -> None:
    """Write down where the socket is, for those who come later."""
    draft = _record(settings).with_suffix(".new")
    draft.write_text(str(folder))
    draft.rename(_record(settings))


def choose(settings: Settings) -> Path:
    """The folder for this home: ``home/socket``, or one in the temp folder when that path is too long."""
    inside = settings.home / "socket"
    if _fits(inside):
        return inside
    digest = hashlib.sha256(os.fsencode(settings.home)).hexdigest()[:12]
    name = f"closedloop-{os.geteuid()}-{digest}"
    for parent in (Path(tempfile.gettempdir()), Path("/tmp")):
        if _fits(parent / name):
            return parent / name
    raise WarehouseError(
        f"neither {settings.home} nor the temp folder {tempfile.gettempdir()} can hold a socket: at most "
        f"{_LONGEST_PATH} bytes and no comma; set CLOSEDLOOP_HOME or TMPDIR to a simpler path"
    )


def prepare(folder: Path, user: ServiceUser | None) -> None:
    """Make ``folder`` (0700, the server's user's), or check that what exists is just that, and empty it.

    The temp folder is everybody's: somebody else may have put a folder or a link there first. Such a thing
    is refused.
    """
    owner = os.geteuid() if user is None else user.uid
    try:
        os.mkdir(folder, 0o700)
        if user is not None:
            os.chown(folder, user.uid, user.gid, follow_symlinks=False)
    except FileExistsError:
        pass
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner:
        raise WarehouseError(
            f"{folder} exists and is not a folder of the server's own user (uid {owner}); remove it, "
            "or set TMPDIR to a folder that only you can write"
        )
    if stat.S_IMODE(found.st_mode) != 0o700:
        raise WarehouseError(f"{folder} is open to other users; chmod 700 {folder}")
    if not may_enter(folder, user):
        raise WarehouseError(f"{folder} may not be entered by the server's user; see the folders above it")
    # Left by a killed server, their pid may meanwhile be another program's, and PostgreSQL would believe it.
    # The folder serves one data folder only, and the caller knows that no server of that one lives.
    for name in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
        (folder / name).unlink(missing_ok=True)
