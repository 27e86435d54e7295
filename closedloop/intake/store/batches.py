"""One row of ``ops.batches`` per file and table, opened first so that its number is known, completed last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import psycopg

from closedloop.intake.covers import Extract
from closedloop.intake.store.coverage import Coverage
from closedloop.warehouse.statements import only_row


@dataclass(frozen=True)
class FileFacts:
    """What is recorded of where rows came from. The name is masked."""

    name: str
    sha256: str
    mapping: str | None = None
    mapping_sha256: str | None = None
    loaded_by: str = "cli"


@dataclass(frozen=True)
class Counts:
    """What became of the rows of one output: ``read = accepted + unchanged + quarantined``."""

    read: int = 0
    accepted: int = 0
    unchanged: int = 0
    quarantined: int = 0
    retracted: int = 0
    derived_events: int = 0


def open_batch(
    connection: psycopg.Connection, table: str, file: FileFacts, extract: Extract
) -> tuple[int, datetime]:
    """Number of the new batch and the moment its rows are loaded at. Call under the lock: order is commit
    order."""
    batch_id, started_at = only_row(
        connection.execute(
            """
        insert into ops.batches
            (table_name, source_file, file_sha256, mapping, mapping_sha256, extract, loaded_by)
        values (%s, %s, %s, %s, %s, %s, %s)
        returning batch_id, started_at
        """,
            [table, file.name, file.sha256, file.mapping, file.mapping_sha256, extract, file.loaded_by],
        )
    )
    return batch_id, started_at


def close_batch(
    connection: psycopg.Connection, batch_id: int, counts: Counts, coverage: Coverage, warnings: list[str]
) -> None:
    """Complete the batch. The database refuses it unless the rows reconcile."""
    connection.execute(
        """
        update ops.batches
        set
            rows_read = %s,
            rows_accepted = %s,
            rows_unchanged = %s,
            rows_quarantined = %s,
            rows_retracted = %s,
            rows_derived_events = %s,
            covers_from = %s,
            covers_until = %s,
            covers_stations = %s,
            warnings = %s,
            finished_at = clock_timestamp()
        where batch_id = %s
        """,
        [
            counts.read,
            counts.accepted,
            counts.unchanged,
            counts.quarantined,
            counts.retracted,
            counts.derived_events,
            coverage.since,
            coverage.until,
            list(coverage.stations) if coverage.stations is not None else None,
            warnings,
            batch_id,
        ],
    )
