with source as (

    select * from {{ source('ops', 'coverage') }}

),

renamed as (

    select

        ---------- ids
        batch_id,
        table_name as source_table,
        station_id,

        ---------- timestamps
        covers_from,
        covers_until

    from source

)

select * from renamed
