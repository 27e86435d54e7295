"""A metric's course: daily figures per station, medians of spans, and what charts are annotated with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import pandas as pd

from closedloop.queries.reading import read
from closedloop.warehouse.scope import Scope

_DAYS = """
select
    station_id,
    member,
    metric_date - cast(:first_day as date) as day_no,
    numerator,
    denominator
from marts.fct_metric_daily
where metric_id = :metric
    and dimension in ('', :dimension)
    and metric_date between :first_day and :last_day
    and (cast(:stations as text[]) is null or station_id = any(cast(:stations as text[])))
"""


def metric_days(
    scope: Scope,
    as_of: datetime,
    metric: str,
    first_day: date,
    last_day: date,
    stations: Sequence[str] = (),
    dimension: str = "",
) -> pd.DataFrame:
    """A flow, stock or cohort metric by station and calendar day in [first_day, last_day].

    One row per station × day reported × member; the total is member ``''`` and has a row for every day
    reported, 0 written out; a member of ``dimension`` only where it is not 0. ``day_no`` counts days from
    ``first_day``. ``stations``: only these; none means all in scope. Of a cohort, the caller ends
    ``last_day`` at the last day that was mature at the moment. An empty frame means that nobody reported.
    """
    params = {
        "metric": metric,
        "first_day": first_day,
        "last_day": last_day,
        "stations": list(stations) or None,
        "dimension": dimension,
    }
    return read(scope, as_of, _DAYS, params)


_MEDIANS = """
with spans as (
    select *
    from unnest(cast(:firsts as date[]), cast(:lasts as date[])) with ordinality
        as span (first_day, last_day, span_no)
)

select
    spans.span_no,
    coalesce(observed.station_id, '') as line,
    percentile_cont(0.5) within group (order by observed.value) as median,
    count(*) as observations
from spans
inner join marts.fct_metric_values as observed
    on observed.metric_id = :metric
    and observed.metric_date between spans.first_day and spans.last_day
where cast(:stations as text[]) is null or observed.station_id = any(cast(:stations as text[]))
group by grouping sets ((spans.span_no, observed.station_id), (spans.span_no))
"""


def span_medians(
    scope: Scope,
    as_of: datetime,
    metric: str,
    spans: Sequence[tuple[date, date]],
    stations: Sequence[str] = (),
) -> pd.DataFrame:
    """A distribution metric's median over each span of calendar days, from its observations.

    One row per span (``span_no`` from 1, in the order given) × station with observations (``line``), and one
    with ``line`` ``''`` for all of them together; in the metric's unit. A span without observations has no
    row.
    """
    params = {
        "metric": metric,
        "firsts": [first for first, _ in spans],
        "lasts": [last for _, last in spans],
        "stations": list(stations) or None,
    }
    return read(scope, as_of, _MEDIANS, params)


_REPORTED = """
select
    coverage.station_id,
    (coverage.covered_from at time zone status.time_zone)::date
    + case
        when (coverage.covered_from at time zone status.time_zone)::time > '00:00' then 1 else 0
    end as first_day,
    (coverage.known_until at time zone status.time_zone)::date - 1 as last_day
from marts.ops_coverage as coverage
cross join marts.ops_status as status
inner join marts.dim_loops as loops
    on coverage.source_table = loops.source_table
inner join marts.dim_metrics as metrics
    on loops.loop = metrics.loop
where metrics.metric_id = :metric
    and (cast(:stations as text[]) is null or coverage.station_id = any(cast(:stations as text[])))
"""


def reported_days(scope: Scope, as_of: datetime, metric: str, stations: Sequence[str] = ()) -> pd.DataFrame:
    """Which whole calendar days the source of a metric's loop covers, per station.

    One row per station: ``first_day`` (None: from the beginning) and ``last_day``. For distributions, whose
    days without observations do not tell whether anybody reported. Empty for a metric of several loops.
    """
    return read(scope, as_of, _REPORTED, {"metric": metric, "stations": list(stations) or None})


_DIMENSIONS = """
select distinct dimension as split
from marts.fct_metric_daily
where metric_id = :metric
    and metric_date between :first_day and :last_day
    and dimension <> ''
order by dimension
"""


def metric_dimensions(
    scope: Scope, as_of: datetime, metric: str, first_day: date, last_day: date
) -> pd.DataFrame:
    """What a metric was split by (``category``, ``severity`` …) in [first_day, last_day].

    One row per dimension; an empty frame means by nothing.
    """
    return read(scope, as_of, _DIMENSIONS, {"metric": metric, "first_day": first_day, "last_day": last_day})


_CAMPAIGNS = """
select
    campaign_id,
    name_zh,
    name_en,
    station_id as only_at,
    starts_on,
    ends_on,
    is_assumed
from marts.dim_campaigns
where starts_on <= :last_day
    and coalesce(ends_on >= :first_day, true)
    and (
        station_id is null
        or station_id in (
            select station_id
            from marts.dim_stations
            where cast(:stations as text[]) is null or station_id = any(cast(:stations as text[]))
        )
    )
order by starts_on, campaign_id
"""


def campaigns(
    scope: Scope, as_of: datetime, first_day: date, last_day: date, stations: Sequence[str] = ()
) -> pd.DataFrame:
    """Campaigns (专项行动) that ran on a day of [first_day, last_day], at these stations or everywhere.

    One row per campaign, oldest first; ``only_at`` is the one station it ran at, None for all of them;
    ``ends_on`` None means that it runs on. Campaigns of a station outside the scope are not in it.
    """
    params = {"first_day": first_day, "last_day": last_day, "stations": list(stations) or None}
    return read(scope, as_of, _CAMPAIGNS, params)


_TARGETS = """
select
    metric_id,
    target,
    valid_from,
    valid_to,
    doc_no,
    is_assumed
from marts.dim_metric_targets
order by metric_id, valid_from
"""


def metric_targets(scope: Scope, as_of: datetime) -> pd.DataFrame:
    """What the bureau asks of its metrics. One row per metric and stretch of days; the same for everybody."""
    return read(scope, as_of, _TARGETS)


_FESTIVALS = "select festival_day from marts.dim_spring_festivals order by festival_day"


def spring_festivals(scope: Scope, as_of: datetime) -> pd.DataFrame:
    """The lunar New Year's days that are known. One row per year."""
    return read(scope, as_of, _FESTIVALS)
