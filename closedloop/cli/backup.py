"""``backup`` and ``restore``: what cannot be made again, out of the warehouse and into an empty one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from closedloop import warehouse
from closedloop.cli.progress import say, step
from closedloop.settings import get_settings
from closedloop.warehouse.backup import back_up
from closedloop.warehouse.restore import read, restore


def backup(
    folder: Annotated[Path, typer.Argument(help="Where the backup's own folder is made, on another disk.")],
    without_key: Annotated[
        bool, typer.Option("--without-key", help="The hash key is kept elsewhere: without it, no restore.")
    ] = False,
) -> None:
    """Back up everything loaded, refused, granted and traced, with the hash key and the reference data.

    May run at any time: it holds one moment, also while a load runs. Not encrypted, mode 0600: whoever reads
    it reads every case.
    """
    settings = get_settings()
    with warehouse.in_use(settings, say), step("backing up"):
        made, facts = back_up(folder, settings, with_key=not without_key)
    size = sum(path.stat().st_size for path in made.rglob("*"))
    rows = sum(facts.rows.values())
    print(f"{made}: revision {facts.revision}, {rows:,} rows, {size / 2**20:,.1f} MB")
    if without_key:
        say("the hash key is not in it; without that key the backup cannot be restored")
    else:
        say("the hash key is in it; keep the folder where only those may look who may see every case")


def restore_from(
    folder: Annotated[Path, typer.Argument(help="The folder of one backup: closedloop-<time>Z.")],
) -> None:
    """Restore a backup into an empty warehouse, and bring it to this release's shape. A build is due then."""
    settings = get_settings()
    read(folder)
    with warehouse.in_use(settings, say):
        with step("restoring"):
            done = restore(folder, settings)
        print(
            f"restored: {sum(done.facts.rows.values()):,} rows as of {done.facts.made_at}, "
            f"revision {warehouse.current_revision(settings)}"
            + (f" (migrated from {done.facts.revision})" if done.migrated else "")
        )
    if done.reference:
        say(
            f"{settings.reference_dir} differs from the backup's in: {', '.join(done.reference)}; compare "
            f"with {folder / 'reference'} before building, or deadlines are judged by other limits"
        )
    say("next: python -m closedloop build")
