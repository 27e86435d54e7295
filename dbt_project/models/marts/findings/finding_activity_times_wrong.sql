select
    null::text as work_item_id,
    station_id,
    null::text as loop,
    started_at as found_at,
    null::timestamptz as mended_at,
    false as is_silence,
    activity_id as subject_key,
    jsonb_build_object(
        'activity', activity_id,
        'started_at', started_at,
        'ended_at', ended_at
    ) as detail
from {{ ref('fct_volunteer_activities') }}
where
    ended_at < started_at
    or ended_at > started_at + interval '24 hours'
