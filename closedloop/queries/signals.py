"""The days that the warnings at stations are judged by."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pandas as pd

from closedloop.queries.reading import read
from closedloop.warehouse.scope import Scope

_DAYS = """
select
    figures.metric_id,
    figures.station_id,
    array_agg(figures.metric_date - cast(:first_day as date) order by figures.metric_date) as day_no,
    array_agg(figures.numerator order by figures.metric_date) as numerator
from marts.fct_metric_daily as figures
inner join marts.dim_metrics as metrics
    on figures.metric_id = metrics.metric_id
inner join marts.dim_stations as stations
    on figures.station_id = stations.station_id
where metrics.kind = 'flow'
    and metrics.unit = 'count'
    and figures.dimension = ''
    and figures.member = ''
    and figures.station_id <> 'UNASSIGNED'
    and figures.metric_date between :first_day and :last_day
    and (cast(:station as text) is null or figures.station_id = :station)
group by figures.metric_id, figures.station_id, metrics.sort_order, stations.sort_order
order by metrics.sort_order, figures.metric_id, stations.sort_order, figures.station_id
"""


def counted_days(
    scope: Scope, as_of: datetime, last_day: date, days: int, station: str | None = None
) -> pd.DataFrame:
    """Every counted flow, day by day, over the ``days`` calendar days up to ``last_day``.

    One row per metric × station that reported any of them, metrics in the catalogue's order and stations in
    the bureau's: ``day_no`` (from 0, the first of the days) and ``numerator``, two lists of one length, a day
    that was not reported in neither. What belongs to no station is left out.
    """
    first = last_day - timedelta(days=days - 1)
    return read(scope, as_of, _DAYS, {"first_day": first, "last_day": last_day, "station": station})
