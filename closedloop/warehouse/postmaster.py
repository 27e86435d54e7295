"""The server's own process: what ``postmaster.pid`` says, and whether it is true."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Postmaster:
    """A process that really is the server of a data folder."""

    pid: int
    sockets: Path


def _works_in(process: psutil.Process, folder: Path) -> bool:
    """True for a living server process of this data folder: the server and its children stand in it (cwd)."""
    try:
        if process.status() == psutil.STATUS_ZOMBIE or not process.name().startswith("postgres"):
            return False
        return Path(process.cwd()).samefile(folder)
    except (psutil.Error, OSError):
        return False


def find(folder: Path) -> Postmaster | None:
    """The living server of ``folder``, or None. A pid that now belongs to another program is not believed."""
    try:
        lines = (folder / "postmaster.pid").read_text().splitlines()
        pid, sockets = int(lines[0]), Path(lines[4].strip())
    except (FileNotFoundError, NotADirectoryError, IndexError, ValueError):
        return None
    try:
        process = psutil.Process(abs(pid))
    except (psutil.Error, ValueError, OverflowError):
        return None
    return Postmaster(abs(pid), sockets) if _works_in(process, folder) else None


def forget_stale(folder: Path) -> bool:
    """Remove a ``postmaster.pid`` whose process is gone or was never a server; True when there was one.

    Left in place it would stop the next start as soon as the number had been given to another program of the same
    user. It is kept while any process of the old server is alive: PostgreSQL needs it then, to refuse.
    """
    path = folder / "postmaster.pid"
    if not path.exists() or find(folder) is not None or survivors(folder):
        return False
    path.unlink(missing_ok=True)
    return True


def survivors(folder: Path) -> list[psutil.Process]:
    """Every living server process of ``folder``: the server itself, or what a killed one left for a moment."""
    return [process for process in psutil.process_iter() if _works_in(process, folder)]
