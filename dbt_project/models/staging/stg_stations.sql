with source as (

    select * from {{ source('raw', 'stations') }}

),

renamed as (

    select

        ---------- ids
        station_id,
        bureau_id,

        ---------- names
        name_zh,
        name_en,
        kind,
        sort_order,

        ---------- place
        lon,
        lat,

        ---------- membership in the bureau
        member_from,
        member_to,


        ---------- version and lineage
        version,
        is_current,
        retracted as is_retracted,
        is_current and not retracted as is_effective,
        batch_id,
        source_file,
        source_row,
        loaded_at

    from source

)

select * from renamed
