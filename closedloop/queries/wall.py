"""The wall display's figures: counts by station alone, from the rollup, with no item behind them."""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd

from closedloop.queries.reading import read
from closedloop.warehouse.scope import Scope

_KNOWN = """loops_known as (
    select
        coverage.station_id,
        loops.loop,
        least(
            (coverage.known_until at time zone status.time_zone)::date - 1,
            cast(:last_day as date)
        ) as last_day
    from marts.ops_coverage as coverage
    cross join marts.ops_status as status
    inner join marts.dim_loops as loops
        on coverage.source_table = loops.source_table
)"""

#: Each station's loops with the cells of the last day that is known of them.
_CELLS = """from loops_known as known
    left join marts.rollup_loop_daily as cells
        on known.station_id = cells.station_id
        and known.loop = cells.loop
        and known.last_day = cells.metric_date
"""

_STANDING = f"""
with {_KNOWN},

by_station as (
    select
        known.station_id,
        max(known.last_day) as last_day,
        bool_or(known.last_day < :last_day) as is_behind,
        coalesce(sum(cells.open_items), 0)::bigint as open_items,
        coalesce(sum(cells.overdue_items), 0)::bigint as overdue,
        coalesce(sum(cells.overdue_items) filter (where cells.severity = 'red'), 0)::bigint as overdue_red,
        coalesce(sum(cells.overdue_items) filter (where cells.severity = 'yellow'), 0)::bigint
            as overdue_yellow,
        coalesce(sum(cells.overdue_items) filter (where cells.severity = 'blue'), 0)::bigint as overdue_blue
    {_CELLS}    group by known.station_id
)

select
    by_station.station_id,
    by_station.last_day,
    by_station.is_behind,
    by_station.open_items,
    by_station.overdue,
    by_station.overdue_red,
    by_station.overdue_yellow,
    by_station.overdue_blue
from by_station
inner join marts.dim_stations as stations
    on by_station.station_id = stations.station_id
order by stations.sort_order, by_station.station_id
"""


def standing_by_station(scope: Scope, as_of: datetime, last_day: date) -> pd.DataFrame:
    """What stood open and overdue at each station when ``last_day`` ended, in the bureau's fixed order.

    One row per station that any load covers: ``open_items``, ``overdue`` and, of these, those in each colour.
    A source that ends earlier counts as it stood at its own last whole day: ``is_behind``. An empty frame
    means that no load has declared what it covers.
    """
    return read(scope, as_of, _STANDING, {"last_day": last_day})


_BY_LOOP = f"""
with {_KNOWN},

by_loop as (
    select
        known.loop,
        coalesce(sum(cells.open_items), 0)::bigint as open_items,
        coalesce(sum(cells.overdue_items), 0)::bigint as overdue
    {_CELLS}    group by known.loop
)

select
    by_loop.loop,
    by_loop.open_items,
    by_loop.overdue
from by_loop
inner join marts.dim_loops as loops
    on by_loop.loop = loops.loop
where exists (
    select from marts.rollup_loop_daily as ever
    where ever.loop = by_loop.loop
)
order by loops.sort_order
"""


def standing_by_loop(scope: Scope, as_of: datetime, last_day: date) -> pd.DataFrame:
    """What stood open and overdue in each loop when ``last_day`` ended, counted by station as above.

    One row per loop in which anything was ever recorded, in the loops' order.
    """
    return read(scope, as_of, _BY_LOOP, {"last_day": last_day})


_WEEK = """
select
    metric_date,
    sum(opened_items)::bigint as opened,
    sum(closed_items)::bigint as closed,
    sum(overdue_items)::bigint as overdue,
    count(distinct station_id) filter (where station_id <> 'UNASSIGNED') as stations
from marts.rollup_loop_daily
where metric_date between :first_day and :last_day
group by metric_date
order by metric_date
"""


def days_of(scope: Scope, as_of: datetime, first_day: date, last_day: date) -> pd.DataFrame:
    """What was opened and closed on each calendar day, and overdue when it ended, at all stations in scope.

    One row per day of [first_day, last_day] on which anything stood or moved; a day that nobody reported has
    none. ``stations``: at how many of them.
    """
    return read(scope, as_of, _WEEK, {"first_day": first_day, "last_day": last_day})
