-- Without named queries: Postgres plans a view that has them by itself, and finds none of its rows by an index.
select

    ---------- ids
    source.directive_id,
    source.source_no,
    coalesce(source.loop, 'directive') as loop,
    source.bureau_id,
    {{ station_or_unassigned('known_stations.station_id') }} as station_id,
    source.station_id as reported_station_id,
    source.subject_loop,
    source.subject_id,

    ---------- what it is
    source.severity,
    source.kind,
    source.title,
    source.measures,

    ---------- timestamps
    source.issued_at,
    source.due_at,

    {{ version_and_lineage('batches') }}

from {{ source('raw', 'directives') }} as source
left join {{ ref('stg_stations') }} as known_stations
    on source.station_id = known_stations.station_id and known_stations.is_effective
left join {{ source('ops', 'batches') }} as batches
    on source.retracted and source.batch_id = batches.batch_id
