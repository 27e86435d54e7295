{{ config(meta={'item': "loop || ':' || (detail ->> 'item_id')"}) }}

with orphans as (

    select events.*
    from {{ part_of_events() }} as events
    left join {{ part('int_work_items') }} as items using (work_item_id)
    where events.counts and items.work_item_id is null

)

select
    null::text as work_item_id,
    coalesce(station_id, 'UNASSIGNED') as station_id,
    loop,
    occurred_at as found_at,
    null::timestamptz as mended_at,
    false as is_silence,
    event_id as subject_key,
    jsonb_build_object(
        'item_id', item_id,
        'occurred_at', occurred_at,
        'step', coalesce(stage, move),
        'source_file', source_file,
        'source_row', source_row
    ) as detail
from orphans
