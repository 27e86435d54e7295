"""``quarantine list | export | replay | discard``: the rows that were refused."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from closedloop import warehouse
from closedloop.cli.in_shape import warehouse_in_shape
from closedloop.cli.load import NEXT
from closedloop.cli.progress import say
from closedloop.errors import ClosedloopError
from closedloop.intake import quarantine
from closedloop.settings import get_settings

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)

Table = Annotated[str | None, typer.Option("--table", help="Only rows of this table.")]


@app.command("list")
def list_rows(
    table: Table = None,
    everything: Annotated[bool, typer.Option("--all", help="Rows dealt with already, too.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Rows to print.")] = 50,
) -> None:
    """Print the rows in quarantine, each with where it is and all that is wrong with it."""
    settings = get_settings()
    with warehouse_in_shape(settings), warehouse.connect("loader", settings) as connection:
        rows = quarantine.held_rows(
            connection, table=table, status=None if everything else "open", limit=limit
        )
        total = quarantine.summary(connection)
    for row in rows:
        note = "" if row.status == "open" else f" [{row.status}]"
        print(f"{row.quarantine_id}{note}  {row.table}  {row.sentence()}")
    if not rows:
        print("nothing in quarantine")
    for name, code, count in total:
        say(f"{count:>8,}  {name}  {code}")


@app.command("export")
def export(
    out: Annotated[Path, typer.Option("--out", help="File to write, .csv or .xlsx.")],
    ids: Annotated[list[int] | None, typer.Argument(help="Rows to export; all open ones by default.")] = None,
    table: Table = None,
) -> None:
    """Write open rows of one table to a file that can be mended and replayed."""
    settings = get_settings()
    with warehouse_in_shape(settings), warehouse.connect("loader", settings) as connection:
        rows = quarantine.held_rows(connection, ids or None, table=table)
    quarantine.export_rows(rows, out)
    print(
        f"{len(rows):,} row(s) in {out}; mend them, then: python -m closedloop quarantine replay --file {out}"
    )


@app.command("replay")
def replay(
    ids: Annotated[list[int] | None, typer.Argument(help="Rows to replay.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="The mended rows.")] = None,
) -> None:
    """Validate rows again, as they are kept or as mended in a file, and load those that are good now."""
    settings = get_settings()
    with warehouse_in_shape(settings):
        reports = quarantine.replay(ids or None, mended=file, settings=settings, progress=say)
    for report in reports:
        c = report.counts
        print(
            f"{report.table}: {c.read:,} replayed, {c.accepted:,} accepted, {c.unchanged:,} unchanged, "
            f"{c.quarantined:,} still in quarantine (batch {report.batch_id})"
        )
        for row in report.still_bad[:5]:
            say(f"  {row.row}: {'; '.join(reason.message_en for reason in row.reasons)}")
    if any(report.counts.accepted for report in reports):
        say(NEXT)


@app.command("discard")
def discard(ids: Annotated[list[int], typer.Argument(help="Rows that are not wanted.")]) -> None:
    """Mark rows as not wanted; the same content is not quarantined again."""
    settings = get_settings()
    if not ids:
        raise ClosedloopError("say which rows to discard")
    with warehouse_in_shape(settings):
        print(f"{quarantine.discard(ids, settings=settings):,} row(s) discarded")
