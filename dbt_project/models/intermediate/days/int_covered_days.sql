{{ config(pre_hook='{{ keep_as_it_was() }}') }}

with spans as (

    select * from {{ ref('int_coverage') }}

),

-- An export that does not say from when it is complete is taken to be so from the day of its first item on.
first_items as (

    select
        source_table,
        {{ local_midnight(local_date('min(opened_at)')) }} as first_day_starts_at
    from {{ ref('int_work_items') }}
    where source_table in (select spans.source_table from spans where spans.covers_from is null)
    group by source_table

),

bounded as (

    select
        spans.station_id,
        spans.source_table,
        coalesce(spans.covers_from, first_items.first_day_starts_at) as covers_from,
        spans.covers_until
    from spans
    left join first_items using (source_table)

),

-- Whole local days only: a day that is covered in part has no figure.
whole_days as (

    select
        station_id,
        source_table,
        case
            when {{ local_midnight(local_date('covers_from')) }} = covers_from
                then {{ local_date('covers_from') }}
            else {{ local_date('covers_from') }} + 1
        end as first_day,
        {{ local_date('covers_until') }} - 1 as last_day
    from bounded

),

stations as (

    select
        station_id,
        source_table,
        day::date as metric_date,
        last_day as covered_through
    from whole_days
    cross join lateral generate_series(first_day, last_day, interval '1 day') as day

),

-- What belongs to no known station came with somebody's load: its day is covered when any station's is.
unassigned as (

    select
        'UNASSIGNED' as station_id,
        source_table,
        metric_date,
        max(covered_through) as covered_through
    from stations
    where station_id <> 'UNASSIGNED'
    group by source_table, metric_date

),

unioned as (

    select * from stations
    where station_id <> 'UNASSIGNED'
    union all
    select * from unassigned

),

final as (

    select
        station_id,
        source_table,
        metric_date,
        covered_through,
        {{ local_midnight('metric_date + 1') }} as day_ends_at
    from unioned

)

select * from final
