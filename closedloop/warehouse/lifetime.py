"""Having a warehouse to work with, wherever it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from closedloop.settings import Settings, get_settings
from closedloop.warehouse import embedded
from closedloop.warehouse.connections import connect, dispose_engines
from closedloop.warehouse.roles import require_version


@contextmanager
def in_use(
    settings: Settings | None = None,
    progress: embedded.Progress = embedded.quiet,
    *,
    stop_at_end: bool = False,
) -> Iterator[bool]:
    """Have the warehouse answering inside the block; yields True when this block started the embedded server.

    The last process to leave such a block stops the embedded server, unless it was started to stay (``up``);
    ``stop_at_end`` stops that one too. A server warehouse is only asked whether it is there. Raises
    WarehouseUnavailable or WarehouseError.
    """
    settings = settings or get_settings()
    if settings.embedded:
        with embedded.in_use(settings, progress, stop_at_end=stop_at_end) as started:
            yield started
        return
    with connect("owner", settings) as connection:
        require_version(connection)
    try:
        yield False
    finally:
        dispose_engines()
