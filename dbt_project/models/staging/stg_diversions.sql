-- Without named queries: Postgres plans a view that has them by itself, and finds none of its rows by an index.
select

    ---------- ids
    source.diversion_id,
    source.source_no,
    coalesce(source.loop, 'diversion') as loop,
    source.incident_id,
    {{ station_or_unassigned('known_stations.station_id') }} as station_id,
    source.station_id as reported_station_id,
    source.department_id,

    ---------- what it is
    source.category,

    ---------- timestamps
    source.sent_at,

    {{ version_and_lineage('batches') }}

from {{ source('raw', 'diversions') }} as source
left join {{ ref('stg_stations') }} as known_stations
    on source.station_id = known_stations.station_id and known_stations.is_effective
left join {{ source('ops', 'batches') }} as batches
    on source.retracted and source.batch_id = batches.batch_id
