"""Loading one file: read, map, validate, and write all of it in one transaction."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
from sqlalchemy import Table

from closedloop import warehouse
from closedloop.errors import ClosedloopError
from closedloop.hints import Hint, hint
from closedloop.intake.contract import ITEM_TABLES, TABLES, UNASSIGNED, key_of
from closedloop.intake.covers import Covers, Extract
from closedloop.intake.mapping import (
    Mapped,
    Mapping,
    MappingFile,
    apply_mapping,
    canonical_mapping,
    dropped_columns,
    known_headers,
    likely_fields,
    rows_taken,
)
from closedloop.intake.pseudonym import Pseudonymiser
from closedloop.intake.reading import Source, read_bytes, read_file
from closedloop.intake.reading.container import MOST_BYTES
from closedloop.intake.reference import Reference, load_reference
from closedloop.intake.refused import RefusedFile
from closedloop.intake.report import BatchReport, LoadReport, Progress, quiet
from closedloop.intake.store import filling, quarantine_rows, tombstones, versions
from closedloop.intake.store.batches import Counts, FileFacts, close_batch, open_batch
from closedloop.intake.store.copying import INCOMING, copy_rows, create_incoming
from closedloop.intake.store.coverage import (
    Coverage,
    cover_new_stations,
    covered_until,
    known_stations,
    record,
    resolve,
)
from closedloop.intake.store.stage_events import derive_stage_events, retell, write_down_named
from closedloop.intake.store.stage_rules import rules_in_force
from closedloop.intake.store.unsaid import keep_unsaid
from closedloop.intake.validation import Validated, how_written, validate
from closedloop.intake.validation.midnights import only_midnights
from closedloop.settings import Settings, get_settings
from closedloop.warehouse import WarehouseUnavailable
from closedloop.warehouse.statements import of_names, only_row

#: Reasons printed when ``--strict`` refuses a file.
SHOWN_REASONS = 5


@dataclass(frozen=True)
class Prepared:
    """A file read, mapped and validated; nothing is written yet. The upload page previews this."""

    table: str
    source: Source
    mapping: Mapping
    file: FileFacts
    outputs: tuple[tuple[Mapped, Validated], ...]
    warnings: tuple[Hint, ...]
    reference: Reference


def load_file(
    table: str,
    path: Path,
    *,
    mapping: MappingFile | None = None,
    strict: bool = False,
    extract: Extract | None = None,
    covers: Covers | None = None,
    time_zone: str | None = None,
    sheet: str | None = None,
    loaded_by: str = "cli",
    settings: Settings | None = None,
    progress: Progress = quiet,
) -> LoadReport:
    """Load one file into one raw table (with a mapping: into each of its tables).

    ``extract`` is ``delta`` unless the caller or the mapping says ``full``. ``time_zone`` is that of times
    which name none, where neither file nor mapping say otherwise; the warehouse's by default. ``sheet`` names
    the sheet of a workbook, before the mapping's. Raises RefusedFile when nothing of the file can be loaded,
    or when ``strict`` and any row is bad; ClosedloopError for a mistake of the caller.
    """
    started = time.monotonic()
    settings = settings or get_settings()
    progress(f"reading {path.name}")
    prepared = prepare_file(
        table,
        path,
        mapping=mapping,
        sheet=sheet,
        time_zone=time_zone,
        loaded_by=loaded_by,
        settings=settings,
    )
    return write(
        prepared,
        strict=strict,
        extract=extract,
        covers=covers,
        settings=settings,
        progress=progress,
        started=started,
    )


def prepare_file(
    table: str,
    path: Path,
    *,
    mapping: MappingFile | None = None,
    sheet: str | None = None,
    time_zone: str | None = None,
    loaded_by: str = "cli",
    settings: Settings | None = None,
) -> Prepared:
    """Read, map and validate one file; :func:`write` loads it."""
    source = read_file(path, _wanted(table, mapping), sheet=_sheet(sheet, mapping))
    return prepare(
        table,
        source,
        mapping=mapping,
        time_zone=time_zone,
        loaded_by=loaded_by,
        settings=settings or get_settings(),
    )


def prepare_bytes(
    table: str,
    data: bytes,
    name: str,
    *,
    mapping: MappingFile | None = None,
    sheet: str | None = None,
    loaded_by: str = "upload",
    most_bytes: int = MOST_BYTES,
    settings: Settings | None = None,
) -> Prepared:
    """Read, map and validate the content of one file; :func:`write` loads it. What unpacks to more than
    ``most_bytes`` is refused."""
    source = read_bytes(
        data, name, _wanted(table, mapping), sheet=_sheet(sheet, mapping), most_bytes=most_bytes
    )
    return prepare(table, source, mapping=mapping, loaded_by=loaded_by, settings=settings or get_settings())


def prepare(
    table: str,
    source: Source,
    *,
    mapping: MappingFile | None,
    loaded_by: str,
    settings: Settings,
    time_zone: str | None = None,
) -> Prepared:
    """Map and validate what was read. Broken lines count for ``table``, the file's main one."""
    chosen = mapping.mapping if mapping else canonical_mapping(table, source.headers, source.name)
    zone = chosen.time_zone or time_zone or settings.time_zone
    reference = load_reference(settings.reference_dir)
    pseudonymise = Pseudonymiser(warehouse.hash_key(settings))
    outputs = []
    for mapped in apply_mapping(chosen, source):
        output = mapped.output
        broken = source.unparseable if output.table == table else ()
        how = how_written(output.fields, zone)
        checked = validate(TABLES[output.table], mapped.frame, how, reference, pseudonymise, broken)
        outputs.append((mapped, checked))
    warnings = list(source.notes)
    dropped = dropped_columns(chosen, source)
    if dropped:
        where, where_zh = ("mapping", "映射") if mapping else ("contract", "数据约定")
        warnings.append(hint("dropped_columns", count=len(dropped), where=where, where_zh=where_zh))
    if not mapping:
        warnings += likely_fields(table, dropped, set(chosen.outputs[0].fields))
    if left := source.frame.height - rows_taken(chosen, source):
        warnings.append(hint("taken_by_none", count=left))
    file = FileFacts(
        source.name,
        source.sha256,
        mapping.file if mapping else None,
        mapping.sha256 if mapping else None,
        loaded_by,
    )
    return Prepared(table, source, chosen, file, tuple(outputs), tuple(warnings), reference)


def write(
    prepared: Prepared,
    *,
    strict: bool = False,
    extract: Extract | None = None,
    covers: Covers | None = None,
    settings: Settings | None = None,
    progress: Progress = quiet,
    waiting: Progress | None = None,
    started: float | None = None,
) -> LoadReport:
    """Write a prepared file in one transaction, under the lock shared with builds.

    ``waiting`` is told who holds the lock before the load waits for it, and may raise instead.
    """
    started = time.monotonic() if started is None else started
    settings = settings or get_settings()
    kind: Extract = extract or prepared.mapping.extract or "delta"
    if kind == "delta" and not prepared.source.rows and not (covers and covers.said):
        _refuse_nothing(prepared)
    if strict:
        _refuse_bad_rows(prepared)
    reports = []
    with transaction(settings, waiting or progress) as connection:
        for mapped, checked in prepared.outputs:
            progress(f"loading {checked.read:,} rows into {mapped.output.table}")
            # Distinct outputs (stations to create) are by-products: the file is no extract of them.
            by_product = mapped.output.distinct
            reports.append(
                _write_output(
                    connection,
                    prepared,
                    mapped,
                    checked,
                    "delta" if by_product else kind,
                    None if by_product else covers or Covers(),
                    settings.zone,
                )
            )
    warnings = prepared.warnings + tuple(w for _, own in reports for w in own)
    return LoadReport(
        prepared.source.name,
        tuple(report for report, _ in reports),
        warnings,
        tuple(dropped_columns(prepared.mapping, prepared.source)),
        time.monotonic() - started,
        left_out=prepared.source.left_out,
        mapped=prepared.file.mapping is not None,
    )


@contextmanager
def transaction(settings: Settings | None, progress: Progress):
    """A loader's transaction holding the lock: all of it commits at the end, or nothing."""
    connection = warehouse.connect("loader", settings, application="closedloop load")
    try:
        with connection.transaction():
            warehouse.locks.lock_for_transaction(connection, waiting=progress)
            # Sorting and hashing a million rows in the default 4 MB goes to disk.
            connection.execute("set local work_mem = '128MB'")
            yield connection
    except psycopg.OperationalError as error:
        # The server went away, its disk is full: nothing was committed.
        reason = error.diag.message_primary or str(error).strip().splitlines()[0]
        raise WarehouseUnavailable(
            f"the warehouse stopped in the middle of the load ({reason}); nothing of the file was loaded, "
            "load it again",
            f"导入过程中数据仓库停止响应（{reason}）；该文件未导入任何内容，请重新导入",
        ) from error
    finally:
        connection.close()


def _write_output(
    connection: psycopg.Connection,
    prepared: Prepared,
    mapped: Mapped,
    checked: Validated,
    extract: Extract,
    covers: Covers | None,
    zone: ZoneInfo,
) -> tuple[BatchReport, list[Hint]]:
    """One table's rows; ``covers`` None for rows that are no extract of it. The batch and its own
    warnings."""
    table, file = TABLES[mapped.output.table], prepared.file
    key = key_of(table)
    if extract == "full":
        refuse_empty_extract(connection, prepared, table, checked)
    extent = Coverage() if covers is None else resolve(connection, table, checked.good, extract, covers)
    known_before = known_stations(connection)
    batch_id, loaded_at = open_batch(connection, table.name, file, extract)
    rules = rules_in_force(connection, table, prepared.reference)
    write_down_named(connection, table, checked.good)
    kept = None
    first = filling.begin(connection, table, checked.good.height, batch_id, file.name, loaded_at)
    if first:
        filling.fill(connection, table, checked.good, rules, batch_id)
    else:
        create_incoming(connection, table)
        copy_rows(connection, table, checked.good)
        kept = keep_unsaid(connection, table, checked.good.columns).hint
    warnings = _warnings_of(connection, table, checked, extent, zone)
    warnings += [kept] if kept else []
    known = 0
    if extract == "full":
        tombstones.remember_present(connection, table, checked.bad_keys)
        if not first:
            known, _ = tombstones.count_absent(connection, table, extent, loops_in(table, checked))
    accepted, unchanged = checked.good.height, checked.repeats
    if not first:
        unchanged += versions.compare(connection, table)
    retell(connection, table, rules)
    if not first:
        accepted = versions.insert_versions(connection, table, rules, batch_id, file.name, loaded_at)
    events = derive_stage_events(
        connection,
        table,
        prepared.reference,
        rules,
        batch_id,
        file.name,
        loaded_at,
        filled=checked.good if first else None,
    )
    retracted = 0
    if extract == "full":
        if nameless := checked.bad_without_key:
            warnings.append(hint("nameless", count=nameless, key=key))
        else:
            retracted = tombstones.withdraw_absent(
                connection, table, extent, loops_in(table, checked), batch_id, file.name, loaded_at
            )
            if tombstones.are_many(retracted, known):
                warnings.append(hint("withdrew_much", table=table.name, absent=retracted, known=known))
    quarantine_rows.settle_by_good_rows(connection, table.name, key, batch_id)
    if first:
        filling.forget(connection)
    new = quarantine_rows.write_quarantine(connection, table.name, file, batch_id, checked.bad)
    if table.name == "stations":
        cover_new_stations(connection, known_before)
    record(connection, table, batch_id, extent)
    counts = Counts(checked.read, accepted, unchanged, len(checked.bad), retracted, events)
    recorded: list[str] = [*prepared.warnings, *warnings] if table.name == prepared.table else [*warnings]
    close_batch(connection, batch_id, counts, extent, recorded)
    return BatchReport(table.name, batch_id, counts, checked.bad, new), warnings


def _wanted(table: str, mapping: MappingFile | None) -> set[str]:
    """Headers to look for in the file. Refuses a table or a mapping that cannot be meant."""
    if table not in TABLES:
        raise ClosedloopError(
            f"there is no table {table!r}; the contract has {', '.join(TABLES)}",
            f"没有表“{table}”；数据约定中的表：{'、'.join(TABLES)}",
        )
    if mapping is None:
        return set(known_headers(table))
    if table not in mapping.mapping.tables:
        raise ClosedloopError(
            f"the mapping {mapping.mapping.name} has no output for {table}; it has "
            f"{', '.join(mapping.mapping.tables)}",
            f"映射 {mapping.mapping.name} 没有 {table} 的输出；现有：{'、'.join(mapping.mapping.tables)}",
        )
    return mapping.mapping.columns


def _sheet(sheet: str | None, mapping: MappingFile | None) -> str | None:
    return sheet or (mapping.mapping.sheet if mapping else None)


def _refuse_nothing(prepared: Prepared) -> None:
    """A file without a row says nothing, unless it says until when nothing happened."""
    name = prepared.source.name
    raise RefusedFile(
        f"{name} has a header and no row under it; if nothing happened, say until when (--covers-until, or "
        "covers_until in the manifest), else export it again.",
        f"{name} 只有表头，没有数据行；如确无数据，请说明截至时间（--covers-until 或清单中的 covers_until），"
        "否则请重新导出。",
    )


def _refuse_bad_rows(prepared: Prepared) -> None:
    bad = [row for _, checked in prepared.outputs for row in checked.bad]
    if not bad:
        return
    name = prepared.source.name
    shown = bad[:SHOWN_REASONS]
    en = "; ".join(f"row {row.row:,}: {row.reasons[0].message_en}" for row in shown)
    zh = "；".join(f"第 {row.row:,} 行：{row.reasons[0].message_zh}" for row in shown)
    more_en = f"; and {len(bad) - len(shown):,} more" if len(bad) > len(shown) else ""
    more_zh = f"；另有 {len(bad) - len(shown):,} 行" if len(bad) > len(shown) else ""
    raise RefusedFile(
        f"{name}: {len(bad):,} bad row(s), and nothing is loaded with --strict. {en}{more_en}.",
        f"{name}：{len(bad):,} 行有误，严格模式下不入库。{zh}{more_zh}。",
    )


def refuse_empty_extract(
    connection: psycopg.Connection, prepared: Prepared, table: Table, checked: Validated
) -> None:
    """A full extract without a row is a failed export far more often than an empty city."""
    if checked.good.height:
        return
    there = f"select count(*) from raw.{table.name} where is_current and not retracted"
    (count,) = only_row(connection.execute(of_names(there)))
    if count:
        name = prepared.source.name
        raise RefusedFile(
            f"{name} is a full extract of {table.name} without a good row, and would withdraw all "
            f"{count:,} that are known; export it again, or load it with --extract delta.",
            f"{name} 是 {table.name} 的全量导出，但没有有效行，会撤回现有全部 {count:,} 行；"
            "请重新导出，或按增量（--extract delta）加载。",
        )


def _warnings_of(
    connection: psycopg.Connection, table: Table, checked: Validated, extent: Coverage, zone: ZoneInfo
) -> list[Hint]:
    """Sentences about what is known to be covered, in the warehouse's own time, and about rows of no station
    or of a foreign one. Call while all rows are incoming."""
    warnings = []
    if extent.assumed and extent.until is not None:
        until = f"{extent.until.astimezone(zone):%Y-%m-%d %H:%M:%S}"
        warnings.append(hint("assumed_until", table=table.name, until=until, zone=zone.key))
    elif extent.until and (before := covered_until(connection, table)) and extent.until < before:
        warnings.append(
            hint(
                "ends_earlier",
                table=table.name,
                until=f"{extent.until.astimezone(zone):%Y-%m-%d %H:%M}",
                before=f"{before.astimezone(zone):%Y-%m-%d %H:%M}",
                zone=zone.key,
            )
        )
    warnings += only_midnights(table, checked.good, zone)
    if table.name in ITEM_TABLES and checked.good.height:
        without = f"select count(*) from {INCOMING} where station_id is null"
        (blank,) = only_row(connection.execute(without))
        if blank:
            warnings.append(hint("blank_stations", table=table.name, rows=blank, unassigned=UNASSIGNED))
    if table.name != "stations" and "station_id" in checked.good.columns:
        known = known_stations(connection)
        foreign = checked.good["station_id"].drop_nulls()
        foreign = foreign.filter(~foreign.is_in(known))
        if len(foreign):
            warnings.append(
                hint(
                    "foreign_stations",
                    table=table.name,
                    rows=len(foreign),
                    stations=foreign.n_unique(),
                    unassigned=UNASSIGNED,
                )
            )
    return warnings


def loops_in(table: Table, checked: Validated) -> list[str | None] | None:
    """The loops that a full extract speaks of; None for a table that has none."""
    if "loop" not in table.columns:
        return None
    if "loop" not in checked.good.columns:
        return [None]
    loops = set(checked.good["loop"].unique().to_list())
    return sorted(loops | {row.content.get("loop") for row in checked.bad if row.content}, key=str)
