select
    work_item_id,
    station_id,
    loop,
    {{ just_after("valid_from + interval '48 hours'") }} as found_at,
    valid_to as mended_at,
    true as is_silence,
    event_id as subject_key,
    jsonb_build_object('stage', event_stage, 'failed_at', valid_from) as detail
from {{ part('int_item_states') }}
where
    kind = 'stage'
    and is_live
    and is_failed
    and is_returned
    and coalesce(valid_to > {{ just_after("valid_from + interval '48 hours'") }}, true)
