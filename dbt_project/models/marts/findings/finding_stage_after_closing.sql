select
    work_item_id,
    station_id,
    loop,
    valid_from as found_at,
    null::timestamptz as mended_at,
    false as is_silence,
    event_id as subject_key,
    jsonb_build_object('stage', event_stage) as detail
from {{ part('int_item_states') }}
where kind = 'stage' and is_step and not is_live
