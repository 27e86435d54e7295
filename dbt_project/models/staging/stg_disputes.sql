with source as (

    select * from {{ source('raw', 'disputes') }}

),

known_stations as (

    select station_id from {{ ref('stg_stations') }} where is_effective

),

renamed as (

    select

        ---------- ids
        source.dispute_id,
        source.source_no,
        coalesce(source.loop, 'dispute') as loop,
        {{ station_or_unassigned('known_stations.station_id') }} as station_id,
        source.station_id as reported_station_id,
        source.incident_id,
        source.lead_department_id,

        ---------- what it is
        source.source,
        source.dispute_type,
        source.severity,
        source.outcome,

        ---------- where
        source.place,
        source.place_key,

        ---------- timestamps
        source.found_at,


        ---------- version and lineage
        source.version,
        source.is_current,
        source.retracted as is_retracted,
        is_current and not source.retracted as is_effective,
        source.batch_id,
        source.source_file,
        source.source_row,
        source.loaded_at

    from source
    left join known_stations on source.station_id = known_stations.station_id

)

select * from renamed
