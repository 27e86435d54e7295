with source as (

    select * from {{ source('ops', 'quarantine') }}

),

renamed as (

    select

        ---------- ids
        quarantine_id,
        batch_id,
        replayed_batch_id,
        station_id,

        ---------- where it stood
        table_name as source_table,
        source_file,
        source_row,
        file_sha256,

        ---------- why, and what is left of it
        reasons,
        "row" as masked_row,
        status,

        ---------- timestamps
        created_at,
        resolved_at

    from source

)

select * from renamed
