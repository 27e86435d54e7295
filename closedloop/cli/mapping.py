"""``mapping``: drafts of mappings for files that speak another language than the contract."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from closedloop.cli.progress import say
from closedloop.errors import ClosedloopError
from closedloop.intake import suggest_mapping
from closedloop.intake.masking import mask
from closedloop.settings import get_settings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)


@app.callback()
def _mappings() -> None:
    """Drafts of mappings."""


@app.command()
def suggest(
    file: Annotated[Path, typer.Argument(help="The file that somebody exported.")],
    table: Annotated[
        str | None, typer.Option("--table", help="What it holds; guessed from its headers by default.")
    ] = None,
    sheet: Annotated[str | None, typer.Option("--sheet", help="The sheet of a workbook.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the draft here instead of printing it.")
    ] = None,
) -> None:
    """Draft a mapping from the headers of a file, to be edited by hand. Reads the file, writes to no
    warehouse."""
    if out is not None and out.exists():
        raise ClosedloopError(f"{out} exists already; name another file, or remove it")
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ClosedloopError(f"{mask(file.name)} cannot be read: {error.strerror}") from None
    draft = suggest_mapping(content, file.name, table=table, sheet=sheet, settings=get_settings())
    if out is None:
        print(draft.text, end="")
    else:
        out.write_text(draft.text, "utf-8")
        say(f"{out}: {len(draft.columns)} field(s) of {draft.table}, {len(draft.dropped)} column(s) dropped")
    for sentence in draft.to_edit:
        say(f"to edit: {sentence}")
