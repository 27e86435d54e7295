"""``manifest.yml``: which files of a folder to load, in which order, and what each of them covers.

::

    time_zone: Asia/Shanghai        # of the times below and in the files; the warehouse's by default
    files:
      - file: incidents_20250424.csv
        table: incidents
        extract: full               # or delta, the default
        covers_from: 2025-04-24 08:00
        covers_until: 2025-04-25 08:00
        stations: {except: [S11]}   # or all, the default, or a list
        mapping: mappings/cad.yml   # beside the manifest
        sheet: Sheet2               # of a workbook with several that fit; goes before the mapping's

Without a manifest the table is read off the file names: ``incidents_2024.csv.gz`` is of ``incidents``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from closedloop.bystanders import is_bystander, is_unfinished
from closedloop.errors import ClosedloopError
from closedloop.intake.contract import TABLES
from closedloop.intake.covers import Covers, Extract, moment
from closedloop.intake.mapping import MappingFile, read_mapping
from closedloop.intake.mapping.yaml_file import sentences
from closedloop.settings import Settings

MANIFEST = "manifest.yml"
#: Endings of tables, whatever the rest of the name says; a file named for a table may have any.
_SUFFIXES = (".csv", ".gz", ".zip", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".et", ".txt", ".tsv")
#: What a refresh puts before the names of the files it has filed away.
_FILED = re.compile(r"\d{8}T\d{6}Z(?:-\d+)?_")


@dataclass(frozen=True)
class PlannedFile:
    """One file to load and how; ``table`` None where the name does not tell."""

    path: Path
    table: str | None
    extract: Extract | None = None
    covers: Covers = field(default_factory=Covers)
    mapping: MappingFile | None = None
    time_zone: str | None = None
    sheet: str | None = None


class _Except(BaseModel):
    model_config = ConfigDict(extra="forbid")
    without: list[str] = Field(alias="except")


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
    file: str
    table: str
    extract: Literal["full", "delta"] | None = None
    covers_from: Any = None
    covers_until: Any = None
    stations: Literal["all"] | list[str] | _Except = "all"
    mapping: str | None = None
    sheet: str | None = None


class _Manifest(BaseModel):
    """Other words are allowed: a folder may say more of itself."""

    time_zone: str | None = None
    files: Annotated[list[_Entry], Field(min_length=1)]


def plan(folder: Path, settings: Settings) -> list[PlannedFile]:
    """The files of a folder in load order. Raises ClosedloopError for a folder or manifest that makes no
    sense."""
    if not folder.is_dir():
        raise ClosedloopError(f"{folder} is no folder")
    manifest = folder / MANIFEST
    planned = _by_manifest(manifest, settings) if manifest.exists() else _by_name(folder)
    if not planned:
        raise ClosedloopError(
            f"{folder} holds no export: name files <table>*.csv (also .csv.gz, .zip, .xlsx), or write a "
            f"{MANIFEST}"
        )
    return planned


def _by_manifest(path: Path, settings: Settings) -> list[PlannedFile]:
    try:
        manifest = _Manifest.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except OSError as error:
        raise ClosedloopError(f"{path.name} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ClosedloopError(f"{path.name} is not UTF-8 text; save it as UTF-8") from None
    except RecursionError:
        raise ClosedloopError(f"{path.name} is nested too deeply; write it as in the documentation") from None
    except yaml.YAMLError as error:
        raise ClosedloopError(f"{path.name} is not YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        raise ClosedloopError("; ".join(sentences(path.name, error))) from None
    zone = _zone(path, manifest.time_zone) if manifest.time_zone else settings.zone
    planned = []
    for number, entry in enumerate(manifest.files):
        place = f"{path.name}: files[{number}]"
        if entry.table not in TABLES:
            raise ClosedloopError(f"{place}.table: {entry.table!r} is not in the contract")
        chosen = entry.stations
        covers = Covers(
            moment(entry.covers_from, zone, f"{place}.covers_from"),
            moment(entry.covers_until, zone, f"{place}.covers_until"),
            tuple(chosen) if isinstance(chosen, list) else None,
            tuple(chosen.without) if isinstance(chosen, _Except) else (),
        )
        mapping = read_mapping(path.parent / entry.mapping) if entry.mapping else None
        planned.append(
            PlannedFile(
                path.parent / entry.file,
                entry.table,
                entry.extract,
                covers,
                mapping,
                manifest.time_zone,
                entry.sheet,
            )
        )
    return planned


def _zone(path: Path, name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ClosedloopError(
            f"{path.name}: time_zone: {name!r} is no time zone of the IANA database; write Asia/Shanghai"
        ) from None


def _by_name(folder: Path) -> list[PlannedFile]:
    planned = [PlannedFile(path, table_in(path.name)) for path in sorted(folder.iterdir()) if _is_meant(path)]
    order = list(TABLES)
    return sorted(planned, key=lambda p: (order.index(p.table) if p.table else len(order), p.path.name))


def _is_meant(path: Path) -> bool:
    """Whether a folder's user means this to be loaded: then it is loaded, or refused with a sentence."""
    if is_bystander(path.name) or is_unfinished(path.name):
        return False
    if path.is_dir():
        return any(not is_bystander(each.name) for each in path.iterdir())
    return path.name.lower().endswith(_SUFFIXES) or table_in(path.name) is not None


def unnamed(folder: Path, planned: list[PlannedFile]) -> list[str]:
    """Tables in a folder that its manifest does not name."""
    named = {file.path.resolve() for file in planned}
    return sorted(
        path.name
        for path in folder.iterdir()
        if path.is_file() and _is_meant(path) and path.resolve() not in named
    )


def plain_name(name: str) -> str:
    """The name a file had before a refresh filed it away; it may be moved back and tried again."""
    return _FILED.sub("", name, count=1) if _FILED.match(name) else name


def table_in(name: str) -> str | None:
    """The table a file name begins with: ``volunteer_posts.csv`` is not of ``volunteers``."""
    name = plain_name(name)
    fitting = [table for table in TABLES if name.lower().startswith(table)]
    fitting = [table for table in fitting if not name[len(table) : len(table) + 1].isalpha()]
    return max(fitting, key=len, default=None)
