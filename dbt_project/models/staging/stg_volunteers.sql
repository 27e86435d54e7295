with source as (

    select * from {{ source('raw', 'volunteers') }}

),

known_stations as (

    select station_id from {{ ref('stg_stations') }} where is_effective

),

renamed as (

    select

        ---------- ids
        source.volunteer_id,
        {{ station_or_unassigned('known_stations.station_id') }} as station_id,
        source.station_id as reported_station_id,
        source.volunteer_post_id,

        ---------- what they are
        source.squad,
        source.kind,

        ---------- dates
        source.joined_on,
        source.left_on,


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
