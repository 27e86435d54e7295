with source as (

    select * from {{ source('ops', 'batches') }}

),

renamed as (

    select

        ---------- ids
        batch_id,

        ---------- what was loaded
        table_name as source_table,
        source_file,
        file_sha256,
        mapping,
        mapping_sha256,
        extract,
        loaded_by,
        warnings,

        ---------- what it covers
        covers_from,
        covers_until,
        covers_stations,

        ---------- reconciliation
        rows_read,
        rows_accepted,
        rows_unchanged,
        rows_quarantined,
        rows_retracted,
        rows_derived_events,

        ---------- timestamps
        started_at,
        finished_at

    from source

)

select * from renamed
