select
    incidents.work_item_id,
    incidents.station_id,
    incidents.loop,
    greatest(incidents.closed_at, incidents.handled_at, incidents.received_at) as found_at,
    null::timestamptz as mended_at,
    false as is_silence,
    'outcome' as subject_key,
    jsonb_build_object(
        'category', coalesce(incidents.final_type, incidents.initial_type),
        'outcome', incidents.outcome
    ) as detail
from {{ part('fct_incidents') }} as incidents
inner join {{ ref('categories') }} as categories
    on coalesce(incidents.final_type, incidents.initial_type) = categories.category
where
    categories.is_crime = 1
    and incidents.closed_at is not null
    -- what became of it is written with the feedback from the scene
    and incidents.handled_at is not null
    and incidents.merged_into is null
    and coalesce(incidents.outcome, '') not in ('case_opened', 'transferred', 'merged')
