"""What the page server keeps alive while it serves."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest

from closedloop.ui import lifespan
from closedloop.warehouse import embedded
from tests.homes import Home


def test_a_page_server_brings_a_killed_warehouse_back(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifespan, "get_settings", lambda: home.settings)
    monkeypatch.setattr(lifespan, "WATCH_SECONDS", 0.05)

    async def serve() -> None:
        async with lifespan.warehouse_lifespan(None):
            pid = embedded.status(home.settings).pid
            os.kill(pid, signal.SIGKILL)
            with anyio.fail_after(60):
                # The killed one may still answer for a moment.
                while (found := embedded.status(home.settings)).pid == pid or found.version is None:
                    await anyio.sleep(0.05)

    # In a thread of its own: a browser of other tests may have its event loop in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(anyio.run, serve).result()
    assert embedded.status(home.settings).pid is None
