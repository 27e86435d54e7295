select
    null::text as work_item_id,
    activities.station_id,
    null::text as loop,
    activities.started_at as found_at,
    null::timestamptz as mended_at,
    false as is_silence,
    activities.activity_id as subject_key,
    jsonb_build_object(
        'activity', activities.activity_id,
        'volunteer_post_id', activities.volunteer_post_id
    ) as detail
from {{ ref('fct_volunteer_activities') }} as activities
left join {{ ref('fct_volunteer_posts') }} as posts using (volunteer_post_id)
where posts.volunteer_post_id is null
