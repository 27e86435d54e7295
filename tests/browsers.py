"""Debian's Chromium, one per process of a run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

#: The build without a window first: each new context costs the whole browser 0.5 s of CPU, this one 0.1 s.
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))), None
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, started; skips where there is none."""
    if CHROMIUM is None:
        pytest.skip(
            "no chromium here; apt-get install chromium-headless-shell fonts-noto-cjk runs the browser tests"
        )
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield started
        started.close()
