"""Loading a folder of exports, file by file; a file that is refused does not keep the others out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from closedloop.intake.contract import TABLES
from closedloop.intake.load import load_file
from closedloop.intake.manifest import MANIFEST, PlannedFile, plan, unnamed
from closedloop.intake.masking import mask
from closedloop.intake.refused import RefusedFile
from closedloop.intake.report import LoadReport, Progress, quiet
from closedloop.settings import Settings, get_settings


def load_directory(
    folder: Path,
    *,
    strict: bool = False,
    loaded_by: str = "cli",
    settings: Settings | None = None,
    progress: Progress = quiet,
    each: Callable[[LoadReport], None] = lambda _: None,
) -> list[LoadReport]:
    """Load a folder by its ``manifest.yml``, else by its file names, each file in a transaction of its own.

    A refused file has a report that says so; the rest is loaded. Raises ClosedloopError when the folder or
    its manifest makes no sense, before anything is loaded. ``each`` is told of a file when it is done.
    """
    settings = settings or get_settings()
    planned = plan(folder, settings)
    if (folder / MANIFEST).exists() and (left := unnamed(folder, planned)):
        progress(f"not named in {MANIFEST} and left out: {', '.join(map(mask, left))}")
    reports = []
    for number, file in enumerate(planned, start=1):
        progress(f"file {number} of {len(planned)}: {mask(file.path.name)}")
        reports.append(
            load_planned(file, strict=strict, loaded_by=loaded_by, settings=settings, progress=progress)
        )
        each(reports[-1])
    return reports


def load_planned(
    file: PlannedFile, *, strict: bool, loaded_by: str, settings: Settings, progress: Progress
) -> LoadReport:
    """Load one file of a folder. A refused one has a report that says so; ClosedloopError for a mistake in
    its manifest."""
    try:
        refuse_unplanned(file)
        assert file.table is not None, "what has no table is refused"
        return load_file(
            file.table,
            file.path,
            mapping=file.mapping,
            strict=strict,
            extract=file.extract,
            covers=file.covers,
            time_zone=file.time_zone,
            sheet=file.sheet,
            loaded_by=loaded_by,
            settings=settings,
            progress=progress,
        )
    except RefusedFile as refusal:
        return LoadReport(mask(file.path.name), refused=str(refusal), refused_zh=refusal.zh)


def refuse_unplanned(file: PlannedFile) -> None:
    """Refuse a folder inside a folder, and a file whose name does not say its table."""
    name = mask(file.path.name)
    if file.path.is_dir():
        raise RefusedFile(
            f"{name} is a folder inside the folder and is not looked into; move its files up, or name them "
            f"in a {MANIFEST}.",
            f"{name} 是文件夹中的文件夹，不会读取；请将其中的文件移到上一级，或在 {MANIFEST} 中列明。",
        )
    if file.table is None:
        tables = ", ".join(TABLES)
        raise RefusedFile(
            f"{name}: the name does not begin with a table ({tables}); rename it, or list it in a "
            f"{MANIFEST}.",
            f"{name}：文件名未以表名开头（{tables}）；请改名，或写入 {MANIFEST}。",
        )
