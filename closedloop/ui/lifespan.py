"""What the page server starts before it serves, and stops when it ends."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import streamlit as st

from closedloop.errors import ClosedloopError
from closedloop.settings import get_settings
from closedloop.warehouse import embedded

log = logging.getLogger("closedloop.pages")


@asynccontextmanager
async def warehouse_lifespan(_app: st.App) -> AsyncIterator[dict[str, object]]:
    """Have the embedded warehouse running while pages are served; a server's warehouse is left alone.

    A warehouse that does not start is no reason not to serve: the pages say what is wrong, and retry.
    """
    settings = get_settings()
    if not settings.embedded:
        yield {}
        return
    running = embedded.in_use(settings)
    try:
        await anyio.to_thread.run_sync(running.__enter__)
    except ClosedloopError as error:
        log.error("%s", error)
        yield {}
        return
    try:
        yield {}
    finally:
        await anyio.to_thread.run_sync(running.__exit__, None, None, None)
