"""Mended rows into the warehouse: validated like any other, and traced to the file and row they came from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import psycopg

from closedloop import warehouse
from closedloop.errors import ClosedloopError
from closedloop.intake.contract import TABLES, business_columns
from closedloop.intake.load import transaction
from closedloop.intake.mapping import apply_mapping, canonical_mapping, known_headers
from closedloop.intake.masking import mask
from closedloop.intake.pseudonym import Pseudonymiser
from closedloop.intake.quarantine.export import ID
from closedloop.intake.quarantine.listing import Held, held_rows
from closedloop.intake.reading import ROW, Source, read_file
from closedloop.intake.reference import load_reference
from closedloop.intake.report import Progress, quiet
from closedloop.intake.store import versions
from closedloop.intake.store.batches import Counts, FileFacts, close_batch, open_batch
from closedloop.intake.store.copying import copy_rows, create_incoming
from closedloop.intake.store.coverage import Coverage
from closedloop.intake.store.quarantine_rows import content_json, reasons_json
from closedloop.intake.store.stage_events import derive_stage_events, retell, write_down_named
from closedloop.intake.store.stage_rules import rules_in_force
from closedloop.intake.store.unsaid import keep_unsaid
from closedloop.intake.validation import BadRow, Validated, how_written, validate
from closedloop.settings import Settings, get_settings

#: Recorded as the file of a batch of rows replayed as they are.
AS_THEY_ARE = "quarantine"


@dataclass(frozen=True)
class ReplayReport:
    """One table's replayed rows. ``still_bad`` stay in quarantine, with what is wrong with them now."""

    table: str
    batch_id: int
    counts: Counts
    still_bad: tuple[BadRow, ...]


def replay(
    ids: Sequence[int] | None = None,
    *,
    mended: Path | None = None,
    settings: Settings | None = None,
    progress: Progress = quiet,
) -> list[ReplayReport]:
    """Validate rows of quarantine again and load those that are good now, all in one transaction.

    Without a file the rows are taken as they are kept: a department may have been added since. With a file
    (written by ``quarantine export``, mended) its rows replace theirs; ``ids`` then chooses some of them.
    Rows that left the file stay in quarantine.
    """
    settings = settings or get_settings()
    if ids is None and mended is None:
        raise ClosedloopError("say which rows to replay: their ids, or --file with the mended rows")
    source = None if mended is None else _read(mended)
    with transaction(settings, progress) as connection:
        chosen = _ids_in(source, ids) if source is not None else list(dict.fromkeys(ids or ()))
        rows = held_rows(connection, chosen)
        by_table: dict[str, list[Held]] = {}
        for row in rows:
            by_table.setdefault(row.table, []).append(row)
        if source is not None and len(by_table) > 1:
            raise ClosedloopError(
                f"{source.name} holds rows of {' and '.join(by_table)}; mend one table per file"
            )
        return [
            _replay_table(connection, table, held, source, settings)
            for table, held in sorted(by_table.items(), key=lambda item: list(TABLES).index(item[0]))
        ]


def discard(ids: Sequence[int], *, settings: Settings | None = None) -> int:
    """Mark rows as not wanted. They are kept, and the same content is not quarantined again."""
    with transaction(settings, quiet) as connection:
        rows = held_rows(connection, ids)
        connection.execute(
            "update ops.quarantine set status = 'discarded', resolved_at = clock_timestamp() "
            "where quarantine_id = any (%s)",
            [[row.quarantine_id for row in rows]],
        )
        return len(rows)


def _read(path: Path) -> Source:
    headers = {ID} | {header for table in TABLES for header in known_headers(table)}
    source = read_file(path, headers)
    if ID not in source.headers:
        raise ClosedloopError(
            f"{source.name}: the column {ID} is missing; mend the file that quarantine export wrote"
        )
    if source.unparseable:
        broken = source.unparseable[0]
        raise ClosedloopError(f"{source.name} row {broken.row:,}: {broken.en}")
    return source


def _ids_in(source: Source, ids: Sequence[int] | None) -> list[int]:
    texts = source.frame[ID].str.strip_chars()
    numbers = texts.cast(pl.Int64, strict=False)
    wrong = numbers.is_null() | numbers.is_duplicated()
    if wrong.any():
        row = source.frame[ROW].filter(wrong)[0]
        raise ClosedloopError(
            f"{source.name} row {row:,}: {ID} {mask(texts.filter(wrong)[0] or '')!r} is not the number of "
            "one row; leave the numbers as exported"
        )
    found = numbers.to_list()
    if ids is not None and (missing := sorted(set(ids) - set(found))):
        raise ClosedloopError(f"{source.name} has no row with {ID} {missing[0]}")
    return found if ids is None else list(dict.fromkeys(ids))


def _replay_table(
    connection: psycopg.Connection,
    name: str,
    held: list[Held],
    source: Source | None,
    settings: Settings,
) -> ReplayReport:
    table = TABLES[name]
    texts = (
        _kept(name, held) if source is None else _mended(source, name, {row.quarantine_id for row in held})
    )
    mapping = canonical_mapping(name, [column for column in texts.frame.columns if column != ROW], texts.name)
    (mapped,) = apply_mapping(mapping, texts)
    reference = load_reference(settings.reference_dir)
    checked = validate(
        table,
        mapped.frame,
        how_written(mapped.output.fields, settings.time_zone),
        reference,
        Pseudonymiser(warehouse.hash_key(settings)),
    )
    file = FileFacts(texts.name, texts.sha256, loaded_by="replay")
    batch_id, loaded_at = open_batch(connection, name, file, "delta")
    rules = rules_in_force(connection, table, reference)
    write_down_named(connection, table, checked.good)
    create_incoming(connection, table)
    copy_rows(connection, table, _traced(checked.good, held))
    # What is kept of a bad row does not tell a blank cell from a column that its file did not have.
    kept = keep_unsaid(connection, table, ())
    unchanged = versions.compare(connection, table) + checked.repeats
    retell(connection, table, rules)
    accepted = versions.insert_versions(connection, table, rules, batch_id, file.name, loaded_at)
    events = derive_stage_events(connection, table, reference, rules, batch_id, file.name, loaded_at)
    _settle(connection, batch_id, held, checked)
    counts = Counts(checked.read, accepted, unchanged, len(checked.bad), 0, events)
    close_batch(connection, batch_id, counts, Coverage(), [kept.hint] if kept.hint else [])
    return ReplayReport(name, batch_id, counts, checked.bad)


def _kept(table: str, held: list[Held]) -> Source:
    """The rows as they are kept; :data:`ROW` is the id in quarantine."""
    for row in held:
        if row.content is None:
            raise ClosedloopError(
                f"row {row.quarantine_id} is a line that could not be taken apart, and nothing of it was "
                "kept; export it, fill it in, and replay it with --file"
            )
    fields = [column.name for column in business_columns(TABLES[table])]
    frame = pl.DataFrame(
        {ROW: pl.Series([row.quarantine_id for row in held], dtype=pl.Int64)}
        | {f: pl.Series([(row.content or {}).get(f) for row in held], dtype=pl.String) for f in fields}
    )
    digest = hashlib.sha256(",".join(str(row.quarantine_id) for row in held).encode()).hexdigest()
    return Source(AS_THEY_ARE, digest, frame)


def _mended(source: Source, table: str, ids: set[int]) -> Source:
    """The mended rows that are to be replayed; :data:`ROW` is the id in quarantine from here on."""
    known = {header.casefold() for header in known_headers(table)}
    fields = [header for header in source.headers if header.casefold() in known]
    frame = source.frame.select(
        pl.col(ID).str.strip_chars().cast(pl.Int64).alias(ROW), *(pl.col(field) for field in fields)
    )
    chosen = frame[ROW].is_in(list(ids))
    numeric = {name: cells.filter(chosen) for name, cells in source.numeric.items()}
    return Source(source.name, source.sha256, frame.filter(chosen), (), numeric)


def _traced(good: pl.DataFrame, held: list[Held]) -> pl.DataFrame:
    """Good rows with the file and row they first came from, instead of their ids in quarantine."""
    origin = pl.DataFrame(
        [(row.quarantine_id, row.source_row, row.source_file) for row in held],
        schema={ROW: pl.Int64, "origin_row": pl.Int64, "source_file": pl.String},
        orient="row",
    )
    traced = good.join(origin, on=ROW, how="left", maintain_order="left")
    return traced.drop(ROW).rename({"origin_row": ROW})


def _settle(connection: psycopg.Connection, batch_id: int, held: list[Held], checked: Validated) -> None:
    """Good rows are replayed; bad ones keep their place with what is wrong with them now."""
    bad = {row.row: row for row in checked.bad}
    connection.execute(
        "update ops.quarantine set status = 'replayed', replayed_batch_id = %s, resolved_at = "
        "clock_timestamp() where quarantine_id = any (%s)",
        [batch_id, [row.quarantine_id for row in held if row.quarantine_id not in bad]],
    )
    before = {row.quarantine_id: [reason["code"] for reason in row.reasons] for row in held}
    # Rows as wrong as before keep their reasons, which name rows of the file they came from.
    worded = [(n, row) for n, row in bad.items() if [r.code for r in row.reasons] != before[n]]
    with connection.cursor() as cursor:
        cursor.executemany(
            'update ops.quarantine set "row" = %s where quarantine_id = %s',
            [(content_json(row), number) for number, row in bad.items()],
        )
        cursor.executemany(
            "update ops.quarantine set reasons = %s where quarantine_id = %s",
            [(reasons_json(row), number) for number, row in worded],
        )
