"""What is in quarantine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg

from closedloop.errors import ClosedloopError


@dataclass(frozen=True)
class Held:
    """One row in quarantine. ``content`` is None for a line that could not be taken apart."""

    quarantine_id: int
    batch_id: int
    table: str
    source_file: str
    source_row: int
    station_id: str | None
    reasons: list[dict[str, str | None]]
    content: dict[str, str] | None
    status: str
    created_at: datetime

    def sentence(self, language: str = "en") -> str:
        """Where the row is and all that is wrong with it."""
        between = "；" if language == "zh" else "; "
        wrong = between.join(str(reason[f"message_{language}"]) for reason in self.reasons)
        if language == "zh":
            return f"{self.source_file} 第 {self.source_row:,} 行：{wrong}"
        return f"{self.source_file} row {self.source_row:,}: {wrong}"


def held_rows(
    connection: psycopg.Connection,
    ids: Sequence[int] | None = None,
    *,
    table: str | None = None,
    status: str | None = "open",
    limit: int | None = None,
) -> list[Held]:
    """Rows in quarantine by id, oldest first. An id that is not there is an error."""
    rows = connection.execute(
        """
        select
            quarantine_id,
            batch_id,
            table_name,
            source_file,
            source_row,
            station_id,
            reasons,
            "row",
            status,
            created_at
        from ops.quarantine
        where
            (%(ids)s::bigint[] is null or quarantine_id = any (%(ids)s))
            and (%(table)s::text is null or table_name = %(table)s)
            and (%(status)s::text is null or status = %(status)s)
        order by quarantine_id
        limit %(limit)s
        """,
        {"ids": list(ids) if ids is not None else None, "table": table, "status": status, "limit": limit},
    ).fetchall()
    found = [Held(*row) for row in rows]
    if ids is not None and (missing := sorted(set(ids) - {row.quarantine_id for row in found})):
        raise ClosedloopError(
            f"row {missing[0]} is not in quarantine, or dealt with already; see: python -m closedloop "
            "quarantine list"
        )
    return found


def summary(connection: psycopg.Connection) -> list[tuple[str, str, int]]:
    """Open rows by table and first reason: (table, code, rows), most first."""
    return connection.execute(
        """
        select table_name, reasons -> 0 ->> 'code', count(*)
        from ops.quarantine
        where status = 'open'
        group by 1, 2
        order by 3 desc, 1, 2
        """
    ).fetchall()
