-- Without named queries: Postgres plans a view that has them by itself, and finds none of its rows by an index.
select

    ---------- ids
    source.event_id,
    source.loop,
    source.item_id,
    source.loop || ':' || source.item_id as work_item_id,
    source.supersedes,

    ---------- what happened
    source.stage,
    source.move,
    source.outcome,
    source.severity,
    source.amount,

    ---------- to whom
    case
        when source.station_id is not null
            then {{ station_or_unassigned('known_stations.station_id') }}
    end as station_id,
    source.station_id as reported_station_id,
    source.post_id,
    source.department_id,

    ---------- timestamps
    source.occurred_at,
    source.recorded_at,
    source.due_at,

    {{ version_and_lineage() }}

from {{ source('raw', 'loop_events') }} as source
left join {{ ref('stg_stations') }} as known_stations
    on source.station_id = known_stations.station_id and known_stations.is_effective
