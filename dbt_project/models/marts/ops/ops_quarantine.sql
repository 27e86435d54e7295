with quarantine as (

    select * from {{ ref('stg_ops_quarantine') }}

),

known_stations as (

    select station_id from {{ ref('stg_stations') }}
    where is_effective

),

final as (

    select
        quarantine.quarantine_id,
        quarantine.batch_id,
        quarantine.replayed_batch_id,

        -- A row whose own station is unknown is nobody's but the city's.
        coalesce(known_stations.station_id, 'UNASSIGNED') as station_id,

        quarantine.source_table,
        quarantine.source_file,
        quarantine.source_row,
        quarantine.file_sha256,
        quarantine.reasons,
        quarantine.masked_row,
        quarantine.status,
        quarantine.created_at,
        quarantine.resolved_at
    from quarantine
    left join known_stations using (station_id)

)

select * from final
