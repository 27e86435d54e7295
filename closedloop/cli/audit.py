"""``audit purge``: traces are kept for as long as they must be, and not for ever."""

from __future__ import annotations

from typing import Annotated

import typer

from closedloop.access import traces
from closedloop.cli.in_shape import warehouse_in_shape
from closedloop.settings import get_settings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Traces of who did what."""


@app.command("purge")
def purge(
    older_than: Annotated[int, typer.Option("--older-than", help="Days; not fewer than they are kept.")],
) -> None:
    """Remove traces older than so many days."""
    settings = get_settings()
    with warehouse_in_shape(settings):
        removed = traces.purge(older_than, settings)
    print(f"{removed:,} trace(s) removed")
