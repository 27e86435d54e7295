with feedback as (

    select
        station_id,
        loop,
        event_stage,
        valid_from,
        count(*) as items
    from {{ ref('int_item_states') }}
    where kind = 'stage' and is_live and event_stage in ('handle', 'close', 'feedback', 'conclude')
    group by station_id, loop, event_stage, valid_from
    having count(*) >= 5

)

select
    null::text as work_item_id,
    station_id,
    loop,
    valid_from as found_at,
    null::timestamptz as mended_at,
    false as is_silence,
    station_id || ':' || event_stage as subject_key,
    jsonb_build_object('stage', event_stage, 'items', items) as detail
from feedback
