"""The warehouse, answering and of this release's shape, for commands that write into it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from closedloop import warehouse
from closedloop.cli.progress import say, step
from closedloop.settings import Settings


@contextmanager
def warehouse_in_shape(settings: Settings) -> Iterator[None]:
    """Use the warehouse inside the block. An embedded one is migrated; a server's is only asked whether it
    is current."""
    with warehouse.in_use(settings, say):
        if not settings.embedded:
            warehouse.require_current(settings)
        elif not warehouse.is_current(settings):
            with step("migrating"):
                warehouse.migrate(settings)
        yield
