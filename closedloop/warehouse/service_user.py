"""PostgreSQL refuses to run as root: which user it runs as instead, and what that user may enter."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from closedloop.settings import Settings
from closedloop.warehouse.errors import WarehouseError

_CANDIDATES = ("closedloop", "postgres", "nobody")


@dataclass(frozen=True)
class ServiceUser:
    """An unprivileged system user."""

    name: str
    uid: int
    gid: int


def service_user(settings: Settings) -> ServiceUser | None:
    """The user the embedded server runs as when we are root; None when we are not: it runs as ourselves.

    That is the owner of the data that exists, else the first candidate that exists.
    """
    if os.geteuid() != 0:
        return None
    data = settings.home / "postgres"
    if data.exists() and data.stat().st_uid != 0:
        # Made by an ordinary user and now started with sudo, or by root before the setting changed.
        found = data.stat()
        return ServiceUser(_name(found.st_uid), found.st_uid, found.st_gid)
    names = (settings.service_user,) if settings.service_user else _CANDIDATES
    for name in names:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid == 0:
            raise WarehouseError(
                f"CLOSEDLOOP_SERVICE_USER={name} is root, and PostgreSQL refuses root; name another"
            )
        return ServiceUser(name, entry.pw_uid, entry.pw_gid)
    raise WarehouseError(
        f"none of the system users {', '.join(names)} exists, and PostgreSQL refuses to run as root; "
        "set CLOSEDLOOP_SERVICE_USER to an unprivileged user, or run as one"
    )


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def child_options(user: ServiceUser | None) -> dict[str, Any]:
    """Arguments of ``subprocess`` that make the child run as ``user``, its new files for that user only."""
    options: dict[str, Any] = {"umask": 0o077, "cwd": "/"}
    if user is not None:
        options |= {"user": user.uid, "group": user.gid, "extra_groups": []}
    return options


def may_enter(path: Path, user: ServiceUser | None) -> bool:
    """True when ``user`` may enter the folder, or execute the file: asked of the system, ACLs included."""
    if user is None:
        return os.access(path, os.X_OK)
    return subprocess.run(["test", "-x", str(path)], check=False, **child_options(user)).returncode == 0


def refuse_closed_parents(path: Path, user: ServiceUser | None) -> None:
    """Raise when a folder above ``path`` is closed to ``user``. Opening it is for its owner to do, not us."""
    if user is None or may_enter(path.parent, user):
        return
    for parent in reversed(path.parents):
        if parent.exists() and not may_enter(parent, user):
            mode = parent.stat().st_mode & 0o777
            raise WarehouseError(
                f"{parent} (mode {mode:04o}) may not be entered by the system user {user.name}, who runs "
                "PostgreSQL when Closedloop is started by root; put the warehouse elsewhere "
                "(CLOSEDLOOP_HOME=/var/lib/closedloop) or run as an ordinary user. The folder's permissions "
                "were left as they are."
            )
