"""From what lies in the inbox to files to load: which table, which mapping, in which order.

The same conventions as ``load DIR`` (see :mod:`closedloop.intake.manifest`); a mapping in the inbox's
``mappings/`` belongs to the files whose names begin with its own.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import psycopg

from closedloop.errors import ClosedloopError
from closedloop.intake import LoadReport, RefusedFile, read_mapping
from closedloop.intake.contract import TABLES
from closedloop.intake.directory import load_planned
from closedloop.intake.manifest import MANIFEST, PlannedFile, plain_name, plan, table_in, unnamed
from closedloop.intake.masking import mask
from closedloop.intake.report import Progress
from closedloop.refresh.inbox import MAPPINGS, Arrival, Inbox, InboxError
from closedloop.settings import Settings
from closedloop.warehouse import WarehouseError


def in_order(inbox: Inbox, arrivals: list[Arrival]) -> list[Arrival]:
    """Files first, in the order of the contract and then by name; then deliveries, by name."""
    order = list(TABLES)

    def key(arrival: Arrival) -> tuple[bool, int, str]:
        table = None if arrival.is_folder else table_in(arrival.path.name)
        return arrival.is_folder, order.index(table) if table else len(order), arrival.path.name

    return sorted(arrivals, key=key)


def refuse_loose_manifest(inbox: Inbox) -> None:
    """A manifest says what files cover; loose files would be loaded without what it says."""
    if (inbox.folder / MANIFEST).exists():
        raise InboxError(
            f"{MANIFEST} lies in the inbox itself: put it and the files it names into a folder of their own "
            f"there, {inbox.folder}/<name>/"
        )


def load(
    inbox: Inbox, arrival: Arrival, *, strict: bool, settings: Settings, progress: Progress
) -> list[LoadReport]:
    """Load a file or a delivery, each file in a transaction of its own; a report per file.

    Whatever is wrong with a file is in its report. Raises WarehouseError, or what psycopg raises, when the
    warehouse is what is wrong: then the arrival stays where it is.
    """
    try:
        planned = _planned(inbox, arrival, settings)
    except WarehouseError:
        raise
    except RefusedFile as refusal:
        return [LoadReport(readable(arrival.path.name), refused=str(refusal), refused_zh=refusal.zh)]
    except ClosedloopError as error:
        return [_refused(arrival.path, str(error))]
    reports = [
        _with_place_of_mappings(inbox, _load_one(file, strict, settings, progress)) for file in planned
    ]
    if arrival.is_folder and (arrival.path / MANIFEST).exists():
        # Filed with the others it would look as if it had been loaded.
        reports += [_not_named(name) for name in unnamed(arrival.path, planned)]
    return reports


def _with_place_of_mappings(inbox: Inbox, report: LoadReport) -> LoadReport:
    """A refusal that asks for ``--mapping`` says where a mapping of the inbox lies: nobody types options
    here."""
    if "--mapping" not in (report.refused or ""):
        return report
    place = f"{inbox.folder / MAPPINGS}/"
    en = f"{report.refused} For files of the inbox a mapping lies in {place}, and is named as they begin."
    zh = f"{report.refused_zh}收件目录的映射放在 {place}，文件名以映射名开头的即按该映射读取。"
    return replace(report, refused=en, refused_zh=zh if report.refused_zh else None)


def _not_named(name: str) -> LoadReport:
    shown = readable(name)
    return LoadReport(
        shown,
        refused=f"{shown} is not named in {MANIFEST} and was not loaded; name it there, or take it out.",
        refused_zh=f"{shown} 未列入 {MANIFEST}，没有导入；请补入清单，或将其移出。",
    )


def _planned(inbox: Inbox, arrival: Arrival, settings: Settings) -> list[PlannedFile]:
    if not arrival.is_folder:
        file = _with_mapping(inbox, PlannedFile(arrival.path, table_in(arrival.path.name)))
        if file.table is None:
            _refuse_nameless(arrival.path, inbox.folder / MAPPINGS)
        return [file]
    planned = plan(arrival.path, settings)
    if (arrival.path / MANIFEST).exists():
        return planned
    return [_with_mapping(inbox, file) for file in planned]


def _refuse_nameless(path: Path, mappings: Path) -> None:
    name = readable(path.name)
    raise RefusedFile(
        f"{name}: the name begins neither with a table ({', '.join(TABLES)}) nor with the name of a mapping "
        f"in {mappings}/; rename it, or put its mapping there.",
        f"{name}：文件名既未以表名（{'、'.join(TABLES)}）开头，也未以 {mappings}/ 中的映射名开头；"
        "请改名，或把映射放入该处。",
    )


def _with_mapping(inbox: Inbox, file: PlannedFile) -> PlannedFile:
    """The file with the mapping of the longest name that its own begins with, if there is one."""
    name = plain_name(file.path.name).lower()
    fitting = [
        path
        for path in (inbox.folder / MAPPINGS).glob("*.yml")
        if name.startswith(path.stem.lower()) and not name[len(path.stem) : len(path.stem) + 1].isalpha()
    ]
    if not fitting:
        return file
    mapping = read_mapping(max(fitting, key=lambda path: len(path.stem)))
    outputs = mapping.mapping.outputs
    table = file.table
    if table not in mapping.mapping.tables:
        # Distinct outputs are by-products: stations to create.
        table = next((output.table for output in outputs if not output.distinct), outputs[0].table)
    return replace(file, table=table, mapping=mapping)


def _load_one(file: PlannedFile, strict: bool, settings: Settings, progress: Progress) -> LoadReport:
    try:
        _refuse_foreign_name(file.path)
        return load_planned(file, strict=strict, loaded_by="refresh", settings=settings, progress=progress)
    except WarehouseError:
        raise
    except RefusedFile as refusal:
        return LoadReport(readable(file.path.name), refused=str(refusal), refused_zh=refusal.zh)
    except ClosedloopError as error:
        return _refused(file.path, str(error))
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        # What the database says of it may quote a record.
        return _refused(file.path, f"the warehouse refused its rows ({type(error).__name__})")
    except psycopg.Error:
        raise
    except Exception as error:
        return _refused(file.path, f"loading it broke ({type(error).__name__}); please report this")


def _refuse_foreign_name(path: Path) -> None:
    try:
        path.name.encode()
    except UnicodeEncodeError:
        name = readable(path.name)
        raise RefusedFile(
            f"{name}: the file's name is not UTF-8; rename it, for example to letters and digits.",
            f"{name}：文件名不是 UTF-8 编码；请改名，例如改为字母和数字。",
        ) from None


def _refused(path: Path, sentence: str) -> LoadReport:
    return LoadReport(readable(path.name), refused=sentence)


def readable(name: str) -> str:
    """A file's name for people: bytes of another encoding read as GB18030, numbers of persons masked."""
    return mask(legible(name))


def legible(name: str) -> str:
    """A file's name as text, whatever encoding its bytes are in."""
    raw = os.fsencode(name)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("gb18030", errors="replace")
