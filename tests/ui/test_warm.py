"""What keeps pages quick whatever they show."""

from __future__ import annotations

import gc
import socket
import subprocess
import sys
import tomllib
import weakref
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest

from benchmarks.wire import Tab, sign_in
from closedloop.settings import PROJECT_ROOT
from closedloop.ui import sweep
from closedloop.ui.warm import send_at_once, warm_up


def test_connections_send_without_waiting():
    # Made as the page server makes its own: without naming the protocol.
    with socket.socket(socket.AF_INET) as listening, socket.socket(socket.AF_INET) as visitor:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        send_at_once()
        visitor.connect(listening.getsockname())
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_what_lasts_is_not_collected_again_and_again():
    try:
        warm_up()
        assert gc.get_freeze_count() > 100_000
    finally:
        gc.unfreeze()


def test_a_server_that_loads_no_file_does_without_what_reads_files():
    """40 MB of the 300 that a page server may hold."""
    asked = """
import sys
import app
from closedloop.ui.warm import warm_up
warm_up()
print(*sorted({"polars", "fastexcel", "lxml", "dbt", "statsmodels"} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


def test_garbage_is_collected_beside_the_runs_and_not_after_each(monkeypatch: pytest.MonkeyPatch):
    configured = tomllib.loads((PROJECT_ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert configured["runner"]["postScriptGC"] is False
    monkeypatch.setattr(sweep, "SWEEP_SECONDS", 0.01)

    class Circle:
        pass

    async def sweep_until_gone() -> None:
        one = Circle()
        one.itself = one
        left = weakref.ref(one)
        del one
        assert left() is not None
        with anyio.fail_after(30):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(sweep.sweep)
                while left() is not None:
                    busy = [[] for _ in range(100_000)]
                    await anyio.sleep(len(busy) / 10_000_000)
                tasks.cancel_scope.cancel()

    thresholds = gc.get_threshold()
    # The oldest generation, where Python itself looks least, waits for the sweep.
    gc.set_threshold(700, 10, 1_000_000)
    try:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(anyio.run, sweep_until_gone).result()
    finally:
        gc.set_threshold(*thresholds)


def test_no_message_of_a_page_waits_for_an_acknowledgement(site):
    """An acknowledgement is held back for 40 ms; without the wait, some run is quicker on any machine."""
    with Tab(site.url, sign_in(site.url, "leadership")) as tab:
        tab.open("item", "lang=en")
        assert any(tab.rerun().first_gap < 0.035 for _ in range(40))
