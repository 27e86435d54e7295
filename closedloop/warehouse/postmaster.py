"""The server's own process: whether what ``postmaster.pid`` says is true, its beginning and its end."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from closedloop.warehouse.errors import WarehouseError
from closedloop.warehouse.service_user import ServiceUser, child_options

#: How often a server that is starting or ending is looked at, in seconds.
_LOOK = 0.02


@dataclass(frozen=True)
class Postmaster:
    """A process that really is the server of a data folder."""

    pid: int
    sockets: Path
    ready: bool


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
        process = psutil.Process(pid)
    except (OSError, IndexError, ValueError, OverflowError, psutil.Error):
        return None
    if not _works_in(process, folder):
        return None
    return Postmaster(pid, sockets, ready=len(lines) > 7 and lines[7].strip() == "ready")


def is_stale(folder: Path) -> bool:
    """True when a server of ``folder`` ended without taking its pid along: killed, or crashed."""
    return (folder / "postmaster.pid").exists() and find(folder) is None


def survivors(folder: Path) -> list[psutil.Process]:
    """Every living server process of ``folder``: the server's own, and what a killed one left."""
    return [process for process in psutil.process_iter() if _works_in(process, folder)]


def forget_stale(folder: Path) -> bool:
    """Remove a ``postmaster.pid`` whose process is gone or never was a server; True when there was one.

    Left in place it would stop the next start as soon as its number had been given to another program of the
    same user. It is kept while any process of the old server lives: PostgreSQL needs it then, to refuse.
    """
    path = folder / "postmaster.pid"
    if not path.exists() or survivors(folder):
        return False
    path.unlink(missing_ok=True)
    return True


def launch(
    bin_folder: Path, folder: Path, user: ServiceUser | None, answers: Callable[[], bool], seconds: float
) -> None:
    """Start the server, in a session of its own so that Ctrl-C does not reach it, and wait for it.

    Raises WarehouseError with the end of the server's log when it ends, or does not answer in ``seconds``.
    """
    log = folder / "server.log"
    if log.exists() and log.stat().st_size > 16 * 2**20:
        log.replace(folder / "server.log.1")
    seen = log.stat().st_size if log.exists() else 0
    # The shell goes away at once and leaves the server to init; nothing of the path is read as shell.
    started = subprocess.run(
        [
            "/bin/sh",
            "-c",
            '"$1" -D "$2" </dev/null >>"$3" 2>&1 & echo $!',
            "sh",
            bin_folder / "postgres",
            folder,
            log,
        ],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        **child_options(user),  # type: ignore[call-overload]
    )
    pid = int(started.stdout)
    deadline = time.monotonic() + seconds
    while _lives(pid) and time.monotonic() < deadline:
        found = find(folder)
        if found is not None and found.ready and answers():
            return
        time.sleep(_LOOK)
    told = ""
    if log.exists():
        with log.open("rb") as file:
            file.seek(seen)
            told = file.read().decode(errors="replace")
    raise WarehouseError(
        f"the embedded PostgreSQL did not start in {folder}; the end of its log {log} says:\n"
        + "\n".join(told.strip().splitlines()[-8:])
    )


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def end(found: Postmaster) -> None:
    """Fast shutdown, then an immediate one: the next start replays the log, nothing committed is lost."""
    try:
        process = psutil.Process(found.pid)
        for how, seconds in ((signal.SIGINT, 60), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
            process.send_signal(how)
            if _gone(process, seconds):
                return
    except psutil.NoSuchProcess:
        return
    raise WarehouseError(f"the embedded PostgreSQL (process {found.pid}) does not end; end it by hand")


def _gone(process: psutil.Process, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        # In a container whose first process reaps nobody, an ended server stays as a zombie.
        if not process.is_running() or not _lives(process.pid):
            return True
        time.sleep(_LOOK)
    return False


def clear_away(folder: Path, progress: Callable[[str], None]) -> None:
    """End what is left of an earlier server of this folder, and forget its pid."""
    found = find(folder)
    if found is not None:
        progress(f"replacing a server that does not answer (process {found.pid})")
        end(found)
    left = survivors(folder)
    if left:
        progress("clearing away the remains of a killed server")
        for how in (signal.SIGQUIT, signal.SIGKILL):
            for process in left:
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(how)
            _, left = psutil.wait_procs(left, timeout=10)
    forget_stale(folder)
