"""Garbage of the runs, collected beside them: every few seconds instead of after every run.

Streamlit would collect all of it after each run of a page, with all other runs held up meanwhile
(``runner.postScriptGC``, off in ``.streamlit/config.toml``): with eight people at work, two thirds of the
server's time. What a run leaves is mostly freed at once, by counting; what lies in cycles can wait.
"""

from __future__ import annotations

import ctypes
import gc
import platform

import anyio

#: Seconds between two collections. One holds the runs up for about as long as a page takes.
SWEEP_SECONDS = 3.0


async def sweep() -> None:
    """Collect garbage, and return its room to the system, for as long as the server runs and is used."""
    before = _rounds()
    while True:
        await anyio.sleep(SWEEP_SECONDS)
        if _rounds() == before:
            continue
        gc.collect()
        before = _rounds()
        await anyio.to_thread.run_sync(_give_back)


def _rounds() -> int:
    """Collections of the newest objects so far, which Python starts by itself as objects are made."""
    return gc.get_stats()[0]["collections"]


def _give_back() -> None:
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)
