"""Loading a folder of exports, file by file; a file that is refused does not keep the others out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from closedloop.intake.contract import TABLES
from closedloop.intake.load import load_file
from closedloop.intake.manifest import PlannedFile, plan
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
    name = mask(file.path.name)
    try:
        if file.table is None:
            tables = ", ".join(TABLES)
            raise RefusedFile(
                f"{name}: the name does not begin with a table ({tables}); rename it, or list it in a "
                "manifest.yml.",
                f"{name}：文件名未以表名开头（{tables}）；请改名，或写入 manifest.yml。",
            )
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
        return LoadReport(name, refused=str(refusal), refused_zh=refusal.zh)
