"""The most memory that the server and the processes of a build hold at once, sampled every half second."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import psutil

EVERY = 0.5


@dataclass
class Peak:
    """Highest sums seen, in bytes. Shared memory counts once (proportional set size)."""

    server: int = 0
    build: int = 0


@contextlib.contextmanager
def watched(postmaster: int) -> Iterator[Peak]:
    """Sample the server with process ``postmaster`` and this process with its children until the end."""
    peak, over = Peak(), threading.Event()

    def watch() -> None:
        while not over.wait(EVERY):
            server = _family(postmaster)
            peak.server = max(peak.server, sum(server.values()))
            ours = _family(psutil.Process().pid)
            peak.build = max(peak.build, sum(held for pid, held in ours.items() if pid not in server))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        over.set()
        watcher.join()


def _family(pid: int) -> dict[int, int]:
    """What a process and its descendants hold, by process."""
    held = {}
    with contextlib.suppress(psutil.Error):
        eldest = psutil.Process(pid)
        for process in [eldest, *eldest.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                held[process.pid] = process.memory_full_info().pss
    return held
