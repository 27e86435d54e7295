"""Times that are all midnight: days that somebody called times."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import DateTime, Table

from closedloop.hints import Hint, hint
from closedloop.intake.contract import business_columns

#: So many are no chance any more.
FEWEST = 3


def only_midnights(table: Table, good: pl.DataFrame, zone: ZoneInfo) -> list[Hint]:
    """A hint for each column of the good rows whose times, three or more, are all midnight in the warehouse's
    zone. A deadline may well be one."""
    hints = []
    for column in business_columns(table):
        if (
            column.name not in good.columns
            or column.name == "due_at"
            or not isinstance(column.type, DateTime)
        ):
            continue
        times = good[column.name].drop_nulls()
        if len(times) < FEWEST or times[0].astimezone(zone).time().isoformat() != "00:00:00":
            continue
        local = times.dt.convert_time_zone(zone.key)
        if (local.dt.truncate("1d") == local).all():
            hints.append(hint("only_midnights", field=column.name, zh=column.info["zh"], count=len(times)))
    return hints
