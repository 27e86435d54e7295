with source as (

    select * from {{ source('raw', 'derived_events') }}

),

renamed as (

    select

        ---------- ids
        event_id,
        loop,
        item_id,
        loop || ':' || item_id as work_item_id,

        ---------- what happened
        stage,

        ---------- timestamps
        occurred_at,

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
