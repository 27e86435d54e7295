"""``load``: exports into the warehouse, a table and its files or a whole folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from closedloop import warehouse
from closedloop.cli.in_shape import warehouse_in_shape
from closedloop.cli.progress import say
from closedloop.errors import ClosedloopError
from closedloop.intake import (
    Covers,
    LoadReport,
    MappingFile,
    RefusedFile,
    keeping,
    load_directory,
    load_file,
    prepare_file,
    read_mapping,
    withdrawals,
)
from closedloop.intake.covers import Extract, moment
from closedloop.intake.directory import refuse_unplanned
from closedloop.intake.manifest import plan
from closedloop.intake.masking import mask
from closedloop.intake.validation import BadRow
from closedloop.settings import Settings, get_settings

#: Said after rows came in: the pages show what was built last.
NEXT = "now run: python -m closedloop build"

#: Rows of quarantine that are printed after a load; the rest is in ``quarantine list``.
SHOWN = 5


def load(
    what: Annotated[
        str, typer.Argument(help="A table of the contract (incidents, disputes, …), or a folder.")
    ],
    files: Annotated[
        list[Path] | None, typer.Argument(help="Files of that table: CSV, XLSX, XLS … (see docs).")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option("--mapping", help="YAML: which column feeds which field.")
    ] = None,
    sheet: Annotated[
        str | None, typer.Option("--sheet", help="The sheet of a workbook, where several fit.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse a file that has any bad row.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be loaded and withdrawn; write nothing.")
    ] = False,
    extract: Annotated[
        Literal["full", "delta"] | None,
        typer.Option("--extract", help="full: what is absent was deleted at the source. Default: delta."),
    ] = None,
    covers_from: Annotated[
        str | None, typer.Option("--covers-from", help="The files are complete from then …")
    ] = None,
    covers_until: Annotated[
        str | None, typer.Option("--covers-until", help="… until then; default: their latest time.")
    ] = None,
    covers_stations: Annotated[
        str | None,
        typer.Option("--covers-stations", help="For these stations: all, S01,S02 or except:S11."),
    ] = None,
) -> None:
    """Load exports. Bad rows go to quarantine with their reasons; a file that cannot be read is refused.

    Exits with 2 when a file was refused, with nothing of that file loaded; else with 0 and the count of
    warnings.
    """
    settings = get_settings()
    folder = Path(what)
    with warehouse_in_shape(settings):
        _warn_of_the_demo(settings, files or [folder])
        if not files and folder.is_dir():
            if mapping or sheet or extract or covers_from or covers_until or covers_stations:
                raise ClosedloopError("a folder says mapping, extract and coverage in its manifest.yml")
            if dry_run:
                _preview_folder(folder, settings)
                return
            reports = load_directory(folder, strict=strict, settings=settings, progress=say, each=_print)
        else:
            if not files:
                raise ClosedloopError(f"say which files to load into {what}; or give a folder that exists")
            covers = _covers(settings, covers_from, covers_until, covers_stations)
            chosen = read_mapping(mapping) if mapping else None
            if len(files) > 1 and (extract or (chosen and chosen.mapping.extract)) == "full":
                raise ClosedloopError(
                    f"{len(files)} files cannot each be the full extract of {what}: each would withdraw what "
                    "only the others hold. Put them together into one, or load them one by one with what "
                    "each is full of (--covers-stations, --covers-from, --covers-until)"
                )
            if dry_run:
                for path in files:
                    _preview(what, path, settings, chosen, sheet, extract, covers)
                return
            reports = [
                _load(
                    what,
                    path,
                    settings,
                    mapping=chosen,
                    sheet=sheet,
                    strict=strict,
                    extract=extract,
                    covers=covers,
                )
                for path in files
            ]
    _print_total(reports)
    if any(not report.ok for report in reports):
        raise typer.Exit(2)


def _warn_of_the_demo(settings: Settings, paths: list[Path]) -> None:
    """Real files do not belong where anybody may look: the demo city asks nobody who they are."""
    demo = settings.demo_dir.resolve()
    if all(path.resolve().is_relative_to(demo) for path in paths):
        return
    with warehouse.connect("loader", settings) as connection:
        if warehouse.is_demo(connection):
            say(
                "warning: this warehouse is the demo city, and its pages need no password; load files of "
                "your own into a warehouse of its own: set CLOSEDLOOP_HOME to another folder"
            )


def _load(table: str, path: Path, settings: Settings, **options: Any) -> LoadReport:
    try:
        report = load_file(table, path, settings=settings, progress=say, **options)
    except RefusedFile as refusal:
        report = LoadReport(path.name, refused=str(refusal), refused_zh=refusal.zh)
    _print(report)
    return report


def _preview_folder(folder: Path, settings: Settings) -> None:
    """What a load of each file would do, were it the only one. Exits with 2 where one would be refused."""
    say("each file is held against what is loaded now; what one of them changes, the next would meet")
    refused = False
    for file in plan(folder, settings):
        name = mask(file.path.name)
        try:
            refuse_unplanned(file)
            how = (file.mapping, file.sheet, file.extract, file.covers, file.time_zone)
            _preview(file.table or "", file.path, settings, *how)
        except ClosedloopError as error:
            refused = True
            said = str(error)
            say(f"refused: {said}" if name in said else f"refused: {name}: {said}")
    if refused:
        raise typer.Exit(2)


def _preview(
    table: str,
    path: Path,
    settings: Settings,
    mapping: MappingFile | None,
    sheet: str | None,
    extract: Extract | None,
    covers: Covers,
    time_zone: str | None = None,
) -> None:
    """What a load of this file would do. Raises RefusedFile where nothing would be loaded."""
    prepared = prepare_file(table, path, mapping=mapping, sheet=sheet, time_zone=time_zone, settings=settings)
    going = withdrawals(prepared, extract=extract, covers=covers, settings=settings)
    for mapped, checked in prepared.outputs:
        print(
            f"{mask(path.name)} → {mapped.output.table}: {checked.read:,} read, "
            f"{checked.good.height:,} good, {checked.repeats:,} repeated, {len(checked.bad):,} for "
            "quarantine (nothing written)"
        )
        _print_bad(checked.bad)
    for part in going:
        print(f"{part.table}: {part.absent:,} of {part.known:,} known rows would be withdrawn")
    kept = keeping(prepared, settings=settings)
    for warning in (*prepared.warnings, *kept, *(part.warning for part in going if part.warning)):
        say(f"  warning: {warning}")


def _covers(settings: Settings, since: str | None, until: str | None, stations: str | None) -> Covers:
    chosen: tuple[str, ...] | None = None
    without: tuple[str, ...] = ()
    if stations and stations.startswith("except:"):
        without = tuple(stations.removeprefix("except:").split(","))
    elif stations and stations != "all":
        chosen = tuple(stations.split(","))
    return Covers(
        moment(since, settings.zone, "--covers-from"),
        moment(until, settings.zone, "--covers-until"),
        chosen,
        without,
    )


def _print(report: LoadReport) -> None:
    if not report.ok:
        say(f"refused: {report.refused}")
        return
    for batch in report.batches:
        c = batch.counts
        parts = [f"{c.read:,} read", f"{c.accepted:,} accepted", f"{c.unchanged:,} unchanged"]
        parts.append(f"{c.quarantined:,} quarantined")
        if c.retracted:
            parts.append(f"{c.retracted:,} withdrawn")
        if c.derived_events:
            parts.append(f"{c.derived_events:,} stage events")
        print(f"{report.file} → {batch.table}: {', '.join(parts)} (batch {batch.batch_id})")
        _print_bad(batch.bad)
        if len(batch.bad) > SHOWN:
            say(f"  and {len(batch.bad) - SHOWN:,} more: python -m closedloop quarantine list")
    if left_out := report.left_out.said():
        say(f"  no records, left out: {', '.join(left_out)}")
    if report.dropped_columns:
        where = "mapping" if report.mapped else "contract"
        say(f"  not in the {where}, dropped: {', '.join(mask(name) for name in report.dropped_columns)}")
    for warning in report.warnings:
        say(f"  warning: {warning}")


def _print_bad(bad: Sequence[BadRow]) -> None:
    for row in bad[:SHOWN]:
        say(f"  row {row.row:,}: {'; '.join(reason.message_en for reason in row.reasons)}")


def _print_total(reports: list[LoadReport]) -> None:
    warnings = sum(len(report.warnings) for report in reports)
    quarantined = sum(report.quarantined for report in reports)
    refused = sum(not report.ok for report in reports)
    seconds = sum(report.seconds for report in reports)
    accepted = sum(report.total("accepted") for report in reports)
    withdrawn = sum(report.total("retracted") for report in reports)
    print(
        f"{len(reports) - refused} file(s) loaded, {refused} refused, {accepted:,} rows accepted, "
        f"{f'{withdrawn:,} withdrawn, ' if withdrawn else ''}{warnings:,} warning(s), "
        f"{quarantined:,} row(s) in quarantine, {seconds:.1f} s"
    )
    if accepted or withdrawn:
        say(NEXT)
