"""``starter``: a dbt project for an analyst with a database login."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from closedloop.settings import get_settings
from closedloop.transform.starting import write_starter


def starter(
    folder: Annotated[Path, typer.Argument(help="A new folder, or such a project.")],
) -> None:
    """Write a dbt project that builds on the published marts, in the analyst's own schema."""
    marts = write_starter(folder, get_settings())
    print(f"{folder}: {len(marts)} marts as sources, models/open_items.sql as an example")
