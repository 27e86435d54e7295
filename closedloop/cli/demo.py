"""``demo``: write the exports of the fictional city."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from closedloop.cli.progress import step
from closedloop.demo import COMMITTED_SCALE, COMMITTED_SEED, generate


def demo(
    out: Annotated[
        Path, typer.Option("--out", help="Folder to write to; files of an earlier run are replaced.")
    ],
    scale: Annotated[
        float,
        typer.Option(
            "--scale", min=0.001, max=100, help="Volumes: 1 is the committed city, 15 a million incidents."
        ),
    ] = COMMITTED_SCALE,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="The same seed writes the same files.")
    ] = COMMITTED_SEED,
) -> None:
    """Write the raw exports of a city that does not exist: two years, fifteen stations, real defects.

    The folder is loaded with: python -m closedloop load DIR
    """
    with step(f"inventing two years at scale {scale:g}"):
        written = generate(scale=scale, seed=seed, out=out)
    for table, rows in written.rows.items():
        print(f"{table:<22}{rows:>10,}")
    print(f"{written.files} files, {written.size / 1e6:.1f} MB in {written.out}")
