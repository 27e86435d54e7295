with source as (

    select * from {{ source('raw', 'directives') }}

),

known_stations as (

    select station_id from {{ ref('stg_stations') }} where is_effective

),

batches as (

    select batch_id, covers_until from {{ source('ops', 'batches') }}

),

renamed as (

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


        ---------- version and lineage
        source.version,
        source.is_current,
        source.retracted as is_retracted,
        source.is_current and not source.retracted as is_effective,
        source.batch_id,
        source.source_file,
        source.source_row,
        source.loaded_at,
        -- the extract that no longer had it says when it was known to be gone
        case when source.retracted then least(source.loaded_at, batches.covers_until) end as withdrawn_at

    from source
    left join known_stations on source.station_id = known_stations.station_id
    left join batches on source.retracted and source.batch_id = batches.batch_id

)

select * from renamed
