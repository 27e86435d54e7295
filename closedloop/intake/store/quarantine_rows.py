"""Rows for quarantine, written once.

The same bad row comes again with every full extract until its source is mended. It is the same when its kept
content and what is wrong with it are the same (for a line that could not be taken apart: the same file and
row); the n-th of equal rows in a file is the n-th of equal rows in quarantine. A row that is there already,
open or dealt with, is counted and not written again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import psycopg

from closedloop.intake.store.batches import FileFacts
from closedloop.intake.validation import BadRow
from closedloop.warehouse.statements import of_names

_SIGNATURE = """
    case
        when {row} is null then {sha} || '#' || {number}
        else
            md5(
                {row}::text || (
                    select
                        string_agg(
                            concat_ws(':', reason ->> 'field', reason ->> 'code'), ',' order by ordinal
                        )
                    from jsonb_array_elements({reasons}) with ordinality as each (reason, ordinal)
                )
            )
    end
"""


def write_quarantine(
    connection: psycopg.Connection, table: str, file: FileFacts, batch_id: int, bad: Sequence[BadRow]
) -> int:
    """Write the bad rows that are not in quarantine yet; how many were new."""
    if not bad:
        return 0
    connection.execute("drop table if exists bad")
    connection.execute(
        """
        create temporary table bad (source_row bigint, station_id text, reasons jsonb, content jsonb)
        on commit drop
        """
    )
    with (
        connection.cursor() as cursor,
        cursor.copy("copy bad (source_row, station_id, reasons, content) from stdin") as copy,
    ):
        for row in bad:
            station = row.content.get("station_id") if row.content else None
            copy.write_row([row.row, station, reasons_json(row), content_json(row)])
    arriving = _SIGNATURE.format(
        row="bad.content", sha="%(sha256)s", number="bad.source_row", reasons="bad.reasons"
    )
    known = _SIGNATURE.format(
        row='held."row"', sha="held.file_sha256", number="held.source_row", reasons="held.reasons"
    )
    return connection.execute(
        of_names(f"""
        with arriving as (
            select bad.*, {arriving} as signature
            from bad
        ),

        numbered as (
            select *, row_number() over (partition by signature order by source_row) as ordinal
            from arriving
        ),

        known as (
            select {known} as signature, count(*) as held
            from ops.quarantine as held
            where held.table_name = %(table)s
            group by 1
        )

        insert into ops.quarantine
            (batch_id, table_name, source_file, source_row, file_sha256, station_id, reasons, "row")
        select
            %(batch_id)s,
            %(table)s,
            %(file)s,
            numbered.source_row,
            %(sha256)s,
            numbered.station_id,
            numbered.reasons,
            numbered.content
        from numbered
        left join known on known.signature = numbered.signature
        where numbered.ordinal > coalesce(known.held, 0)
        order by numbered.source_row
        """),
        {"batch_id": batch_id, "table": table, "file": file.name, "sha256": file.sha256},
    ).rowcount


def settle_by_good_rows(connection: psycopg.Connection, table: str, key: str, batch_id: int) -> int:
    """Open rows whose key has just arrived in a good version are settled by it: the source was mended.

    Call after the unchanged rows were dropped, and before this load's own bad rows are written.
    """
    return connection.execute(
        of_names(f"""
        update ops.quarantine as held
        set status = 'replayed', replayed_batch_id = %(batch_id)s, resolved_at = clock_timestamp()
        where
            held.status = 'open'
            and held.table_name = %(table)s
            and exists (select from incoming as arriving where arriving.{key} = held."row" ->> '{key}')
        """),
        {"batch_id": batch_id, "table": table},
    ).rowcount


def reasons_json(row: BadRow) -> str:
    """The reasons of a bad row as JSON."""
    return json.dumps([reason.as_json() for reason in row.reasons], ensure_ascii=False)


def content_json(row: BadRow) -> str | None:
    """The kept content of a bad row as JSON; None for a line nobody could take apart."""
    return None if row.content is None else json.dumps(row.content, ensure_ascii=False)
