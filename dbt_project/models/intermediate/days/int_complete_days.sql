with covered as (

    select
        station_id,
        source_table,
        metric_date
    from {{ ref('int_covered_days') }}
    where source_table in (select source_table from {{ ref('loops') }})

),

-- A source is in use at a station from the first day it ever reported there.
in_use_since as (

    select
        station_id,
        source_table,
        min(metric_date) as first_day
    from covered
    group by station_id, source_table

),

reported as (

    select
        station_id,
        metric_date,
        count(*) as sources
    from covered
    group by station_id, metric_date

),

expected as (

    select
        reported.station_id,
        reported.metric_date,
        reported.sources,
        count(*) as sources_in_use
    from reported
    inner join in_use_since
        on
            reported.station_id = in_use_since.station_id
            and reported.metric_date >= in_use_since.first_day
    group by reported.station_id, reported.metric_date, reported.sources

)

select
    station_id,
    metric_date
from expected
where sources = sources_in_use
