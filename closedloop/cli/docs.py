"""``docs``: every model, column, test and their lineage as one file for a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from closedloop import warehouse
from closedloop.cli.progress import say, step
from closedloop.settings import get_settings
from closedloop.transform.documentation import write_documentation


def docs(
    out: Annotated[Path, typer.Option("--out", help="The file to write.")] = Path("dist/models.html"),
) -> None:
    """Write the documentation of the published models as one file. It asks no other address for anything."""
    settings = get_settings()
    with warehouse.in_use(settings, say):
        warehouse.require_current(settings)
        with step("writing the models' documentation"):
            made = write_documentation(out, say, settings)
    print(f"{made} ({made.stat().st_size / 2**20:.1f} MB)")
