with source as (

    select * from {{ source('raw', 'tasks') }}

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
        source.task_id,
        source.source_no,
        source.loop,
        {{ station_or_unassigned('known_stations.station_id') }} as station_id,
        source.station_id as reported_station_id,
        source.department_id,

        ---------- what it is
        source.kind,
        source.title,
        source.severity,
        source.amount,

        ---------- where
        source.place_key,

        ---------- timestamps
        source.opened_at,
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
