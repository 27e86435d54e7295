-- Registers are lists, loaded when they change: nobody owes one every day, and none is ever 未报.
with spans as (

    select * from {{ ref('int_coverage') }}
    where source_table not in (
        'bureaus', 'stations', 'posts', 'volunteer_posts', 'volunteers'
    )

),

loads as (

    select
        station_id,
        source_table,
        max(batch_id) as last_batch_id
    from {{ ref('stg_ops_coverage') }}
    group by station_id, source_table

),

stations as (

    select station_id from {{ ref('dim_stations') }}
    where station_id <> 'UNASSIGNED'

),

-- A source that some station has ever reported is expected of all of them.
expected as (

    select
        stations.station_id,
        sources.source_table
    from stations
    cross join (select distinct source_table from spans) as sources

),

known as (

    select
        station_id,
        source_table,
        min(covers_from) as covered_from,
        max(covers_until) as known_until
    from spans
    group by station_id, source_table

),

final as (

    select
        expected.station_id,
        expected.source_table,
        known.covered_from,
        known.known_until,
        coalesce(known.known_until < {{ as_of() }}, true) as is_unreported,
        loads.last_batch_id
    from expected
    left join known using (station_id, source_table)
    left join loads using (station_id, source_table)

)

select * from final
