-- Until it was recorded, nobody who looked could know of it.
select
    work_item_id,
    station_id,
    loop,
    {{ just_after("occurred_at + interval '" ~ var('late_recorded_hours') ~ " hours'") }} as found_at,
    recorded_at as mended_at,
    false as is_silence,
    event_id as subject_key,
    jsonb_build_object(
        'step', coalesce(stage, move),
        'occurred_at', occurred_at,
        'recorded_at', recorded_at
    ) as detail
from {{ part('fct_item_events') }}
where counts and is_late_recorded
