with source as (

    select * from {{ source('raw', 'bureaus') }}

),

renamed as (

    select

        ---------- ids
        bureau_id,
        parent_bureau_id,

        ---------- names
        name_zh,
        name_en,
        sort_order,


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
