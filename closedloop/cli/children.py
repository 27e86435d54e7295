"""Processes of our own, each in its own group: Ctrl-C reaches the command, which ends its children."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


@contextmanager
def child(arguments: list[str], folder: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A Python process with these arguments, ended with the block whatever ends that.

    On Linux it is also told (SIGINT) when the command is killed outright and can tell it nothing.
    """
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=folder,
        process_group=0,
        preexec_fn=_end_with_parent if sys.platform == "linux" else None,
    )
    try:
        yield process
    finally:
        for how, seconds in ((signal.SIGTERM, 20), (signal.SIGKILL, 10)):
            if process.poll() is None:
                process.send_signal(how)
                _wait(process, seconds)


def _wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=seconds)


def _end_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
