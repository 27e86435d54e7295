{{
    config(
        materialized="incremental",
        indexes=[
            {"columns": ["work_item_id", "occurred_at"]},
            {"columns": ["station_id", "occurred_at"]},
        ]
    )
}}

with versions as (

    select * from {{ part_of_events() }}

),

items as (

    select work_item_id, station_id from {{ part('int_present_states') }}

),

final as (

    select

        ---------- ids
        versions.event_id,
        versions.version,
        versions.work_item_id,
        versions.loop,
        versions.item_id,
        -- the present owner sees the whole timeline
        items.station_id,

        ---------- what happened
        versions.stage,
        versions.move,
        versions.occurred_at,
        versions.recorded_at,
        versions.is_late_recorded,
        versions.severity,
        versions.due_at,
        versions.station_id as to_station_id,
        versions.department_id,
        versions.post_id,
        versions.outcome,

        ---------- does it count
        versions.counts,
        versions.superseded_by,
        versions.version_status,

        ---------- lineage
        versions.batch_id,
        versions.source_file,
        versions.source_row,
        versions.loaded_at
    from versions
    inner join items on versions.work_item_id = items.work_item_id

)

select * from final
