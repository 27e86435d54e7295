{{ config(pre_hook='{{ keep_as_it_was() }}') }}

-- What complete loads cover, per station and source: spans that touch or overlap are one.
with coverage as (

    select distinct
        station_id,
        source_table,
        coalesce(covers_from, '-infinity'::timestamptz) as covers_from,
        covers_until
    from {{ ref('stg_ops_coverage') }}
    where covers_until is not null

),

reached as (

    select
        *,
        max(covers_until) over (
            partition by station_id, source_table
            order by covers_from, covers_until
            rows between unbounded preceding and 1 preceding
        ) as reached_until
    from coverage

),

islands as (

    select
        *,
        count(*) filter (where reached_until is null or covers_from > reached_until) over (
            partition by station_id, source_table
            order by covers_from, covers_until
        ) as island
    from reached

),

spans as (

    select
        station_id,
        source_table,
        nullif(min(covers_from), '-infinity'::timestamptz) as covers_from,
        max(covers_until) as covers_until
    from islands
    group by station_id, source_table, island

)

select
    station_id,
    source_table,
    covers_from,
    covers_until,
    max(covers_until) over (partition by station_id, source_table) as known_until
from spans
