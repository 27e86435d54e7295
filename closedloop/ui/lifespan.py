"""What the page server starts before it serves, keeps alive while it does, and stops when it ends."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import streamlit as st

from closedloop.errors import ClosedloopError
from closedloop.settings import Settings, get_settings
from closedloop.ui.sweep import sweep
from closedloop.ui.warm import send_at_once, warm_up
from closedloop.warehouse import embedded

log = logging.getLogger("closedloop.pages")

#: How often the embedded warehouse is looked after, in seconds. A look reads one small file.
WATCH_SECONDS = 5.0


@asynccontextmanager
async def page_server_lifespan(app: st.App) -> AsyncIterator[dict[str, object]]:
    """Everything around serving: warm before the first visitor, swept and with a warehouse meanwhile."""
    await anyio.to_thread.run_sync(warm_up)
    send_at_once()
    async with warehouse_lifespan(app) as state, anyio.create_task_group() as tasks:
        tasks.start_soon(sweep)
        try:
            yield state
        finally:
            tasks.cancel_scope.cancel()


@asynccontextmanager
async def warehouse_lifespan(_app: st.App) -> AsyncIterator[dict[str, object]]:
    """Have the embedded warehouse running while pages are served; a server's warehouse is left alone.

    A warehouse that does not start is no reason not to serve: the pages say what is wrong, and retry. One
    that is killed meanwhile is started again; one that somebody stopped is not.
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
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_watch, settings)
            try:
                yield {}
            finally:
                tasks.cancel_scope.cancel()
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(running.__exit__, None, None, None)


async def _watch(settings: Settings) -> None:
    while True:
        await anyio.sleep(WATCH_SECONDS)
        try:
            if await anyio.to_thread.run_sync(embedded.revive, settings):
                log.warning("the embedded warehouse had died and was started again")
        except (ClosedloopError, OSError) as error:
            log.error("the embedded warehouse has died and cannot be started: %s", error)
