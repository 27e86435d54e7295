"""What a load covers completely, per station: the ground of "loaded until" and of "not reported"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl
import psycopg
from sqlalchemy import Table

from closedloop.errors import ClosedloopError
from closedloop.intake.contract import UNASSIGNED, stage_columns
from closedloop.intake.covers import Covers, Extract
from closedloop.warehouse.statements import only_row

_TIMES = {"loop_events": ("occurred_at", "recorded_at"), "volunteer_activities": ("started_at",)}


@dataclass(frozen=True)
class Coverage:
    """From when until when, and for which stations (None: for all of them, and for rows without one).

    ``assumed`` where the extract did not say it itself. Nothing is covered while ``until`` is None.
    """

    since: datetime | None = None
    until: datetime | None = None
    stations: tuple[str, ...] | None = None
    assumed: bool = False


def resolve(
    connection: psycopg.Connection, table: Table, good: pl.DataFrame, extract: Extract, covers: Covers
) -> Coverage:
    """What the extract says of itself or, if it says nothing, the stations in it until its latest time.

    A full extract that says nothing is of all stations. Tables without times cover nothing unless it is said.
    """
    if not covers.said:
        return _assumed(connection, table, good, extract)
    known = known_stations(connection)
    for station in (*(covers.stations or ()), *covers.without):
        if station not in known and station != UNASSIGNED:
            raise ClosedloopError(
                f"{table.name}: the extract covers station {station!r}, which is not in stations; load "
                "stations first, or correct the id",
                f"{table.name}：导出所称的单位“{station}”不在派出所表中；请先导入派出所，或更正编号",
            )
    if covers.stations is None and not covers.without:
        return Coverage(covers.since, covers.until)
    chosen = covers.stations if covers.stations is not None else (*known, UNASSIGNED)
    return Coverage(covers.since, covers.until, tuple(s for s in chosen if s not in covers.without))


def record(connection: psycopg.Connection, table: Table, batch_id: int, coverage: Coverage) -> None:
    """One row of ``ops.coverage`` per covered station."""
    if coverage.until is None:
        return
    stations = coverage.stations
    if stations is None:
        stations = (*known_stations(connection), UNASSIGNED)
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.coverage (batch_id, table_name, station_id, covers_from, covers_until) "
            "values (%s, %s, %s, %s, %s)",
            [
                (batch_id, table.name, station, coverage.since, coverage.until)
                for station in dict.fromkeys(stations)
            ],
        )


def cover_new_stations(connection: psycopg.Connection, known_before: list[str]) -> None:
    """Extracts of all stations hold a station, too, that was entered only after they were loaded: posts or
    incidents may come before the list of stations does."""
    new = sorted(set(known_stations(connection)) - set(known_before))
    if not new:
        return
    connection.execute(
        """
        insert into ops.coverage (batch_id, table_name, station_id, covers_from, covers_until)
        select batches.batch_id, batches.table_name, new.station_id, batches.covers_from, batches.covers_until
        from ops.batches as batches
        cross join unnest(%s::text[]) as new (station_id)
        where batches.covers_until is not null
            and batches.covers_stations is null
            and not exists (
                select from ops.coverage as held
                where held.batch_id = batches.batch_id and held.station_id = new.station_id
            )
        """,
        [new],
    )


def known_stations(connection: psycopg.Connection) -> list[str]:
    """Every station there is now, in the order of their ids."""
    rows = connection.execute(
        "select station_id from raw.stations where is_current and not retracted order by station_id"
    )
    return [row[0] for row in rows]


def covered_until(connection: psycopg.Connection, table: Table) -> datetime | None:
    """The latest moment any earlier load of this table has covered."""
    (latest,) = only_row(
        connection.execute("select max(covers_until) from ops.coverage where table_name = %s", [table.name])
    )
    return latest


def _assumed(connection: psycopg.Connection, table: Table, good: pl.DataFrame, extract: Extract) -> Coverage:
    columns = _TIMES.get(table.name) or tuple(c.name for c in stage_columns(table))
    latest = [good[name].max() for name in columns if name in good.columns]
    latest = [value for value in latest if isinstance(value, datetime)]
    if not latest:
        return Coverage()
    until = min(max(latest), datetime.now(UTC))
    if extract == "full" or table.name == "loop_events":
        return Coverage(until=until, assumed=True)
    known = set(known_stations(connection))
    named = good["station_id"].unique().to_list() if "station_id" in good.columns else [None]
    stations = sorted({station if station in known else UNASSIGNED for station in named})
    return Coverage(until=until, stations=tuple(stations), assumed=True)
