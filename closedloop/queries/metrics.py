"""Metrics from the one mart of metrics: a headline with its n, and the course that led there.

Nothing here knows a metric by name. What is shown follows from its kind: a *flow* adds over days and
stations, a
*stock* is its last day, a *cohort* exists once mature, a *distribution* is a median of observations.
"""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd

from closedloop.queries.reading import read
from closedloop.warehouse.scope import Scope

_CATALOGUE = """
select
    metric_id,
    name_zh,
    name_en,
    loop,
    kind,
    unit,
    polarity,
    format,
    min_n,
    maturity_days,
    definition_zh,
    definition_en,
    known_defects_zh,
    known_defects_en,
    sort_order,
    open_filter
from marts.dim_metrics
order by sort_order, metric_id
"""


def catalogue(scope: Scope, as_of: datetime) -> pd.DataFrame:
    """Every metric with its definition and known defects, in both languages. One row per metric, fixed
    order."""
    return read(scope, as_of, _CATALOGUE)


_COURSE = """
with daily as (
    select
        figures.metric_id,
        figures.metric_date,
        sum(figures.numerator) as numerator,
        sum(figures.denominator) as denominator,
        count(distinct figures.station_id) filter (where figures.station_id <> 'UNASSIGNED') as stations
    from marts.fct_metric_daily as figures
    inner join marts.dim_metrics as metrics
        on figures.metric_id = metrics.metric_id
    where figures.dimension = ''
        and figures.member = ''
        and figures.metric_date between :first_day and :last_day
        -- A cohort that is mature today was not yet at an earlier moment.
        and figures.metric_date <= cast(:last_day as date) - coalesce(metrics.maturity_days, 0)
        and (cast(:station as text) is null or figures.station_id = :station)
    group by figures.metric_id, figures.metric_date
),

observed as (
    select
        metric_id,
        metric_date,
        percentile_cont(0.5) within group (order by value) as median,
        count(*) as observations,
        count(distinct station_id) filter (where station_id <> 'UNASSIGNED') as stations
    from marts.fct_metric_values
    where metric_date between :first_day and :last_day
        and (cast(:station as text) is null or station_id = :station)
    group by metric_id, metric_date
)

select
    metric_id,
    metric_date,
    numerator,
    denominator,
    case when denominator is null then numerator else numerator / nullif(denominator, 0) end as value,
    coalesce(denominator, numerator) as n,
    stations
from daily

union all

select metric_id, metric_date, null, null, median, observations, stations
from observed

order by metric_id, metric_date
"""


def metric_course(
    scope: Scope, as_of: datetime, first_day: date, last_day: date, station: str | None = None
) -> pd.DataFrame:
    """Every metric, day by day, in [first_day, last_day].

    One row per metric × calendar day on which somebody reported; a day that nobody reported has no row.
    ``value`` is a count, a share (0–1) or a median in the metric's unit; ``n`` what it rests on; ``stations``
    how many stations reported that day. A cohort ends with the last day that was mature when ``last_day``
    ended.
    """
    params = {"first_day": first_day, "last_day": last_day, "station": station}
    return read(scope, as_of, _COURSE, params)


_PERIOD_MEDIANS = """
select
    metric_id,
    percentile_cont(0.5) within group (order by value) as median,
    percentile_cont(0.9) within group (order by value) as p90,
    count(*) as observations
from marts.fct_metric_values
where metric_date between :first_day and :last_day
    and (cast(:station as text) is null or station_id = :station)
group by metric_id
"""


def period_medians(
    scope: Scope, as_of: datetime, first_day: date, last_day: date, station: str | None = None
) -> pd.DataFrame:
    """Distribution metrics over a whole period, in their own unit: medians do not add up from days.

    One row per metric with observations.
    """
    params = {"first_day": first_day, "last_day": last_day, "station": station}
    return read(scope, as_of, _PERIOD_MEDIANS, params)
