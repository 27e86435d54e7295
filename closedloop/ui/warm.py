"""What the page server does before its first visitor comes, so that no visitor waits for it.

It imports what the pages import, which would otherwise happen in the first run of each page. It sets
everything made so far aside from garbage collection (``gc.freeze``): Streamlit collects after every run of a
page, holding all other runs up meanwhile, and going through the 180,000 lasting objects of the libraries took
longer than an ordinary page. It gives freed memory back instead of keeping it for each thread. And it has its
sockets send at once.
"""

from __future__ import annotations

import ast
import ctypes
import gc
import importlib
import os
import platform
import socket
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from closedloop.ui.registry import PAGES_FOLDER

#: Of malloc.h. A threshold that is set no longer grows with what was once asked for.
_ARENA_MAX, _MMAP_THRESHOLD = -8, -3
_FRAME = Path(__file__).with_name("frame.py")


def warm_up() -> None:
    """Import what the frame and the pages import, and keep all of it out of later collections."""
    for script in (_FRAME, *sorted(PAGES_FOLDER.glob("*.py"))):
        for module in _imported(script):
            importlib.import_module(module)
    _give_memory_back()
    gc.collect()
    gc.freeze()


def _give_memory_back() -> None:
    """One pool of memory for Arrow and everything else, few of them, and large pieces returned when freed.

    Every run is a thread of its own, and each would keep a pool as large as its largest page.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    if platform.libc_ver()[0] == "glibc":
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_ARENA_MAX, 2)
        mallopt(_MMAP_THRESHOLD, 128 * 1024)


def _imported(script: Path) -> Iterator[str]:
    """The modules of ours that a script imports before anything else."""
    for statement in ast.parse(script.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith("closedloop."):
            yield str(statement.module)


def send_at_once() -> None:
    """Let this process's listening sockets give connections that send without waiting (``TCP_NODELAY``).

    asyncio sets this on connections, but not on those of a socket that was made as Streamlit makes its own
    (protocol 0 instead of TCP): the second message of every run then waited for the acknowledgement of the
    first, which a browser holds back for 40 ms. Connections take it over from the socket they come in by.
    """
    for name in os.listdir("/dev/fd"):
        try:
            found = socket.socket(fileno=int(name))
        except OSError:
            continue  # no socket, or closed meanwhile
        try:
            over_tcp = found.type == socket.SOCK_STREAM and found.family in (socket.AF_INET, socket.AF_INET6)
            if over_tcp and found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        finally:
            found.detach()  # somebody else's: leave it open
