select
    incidents.work_item_id,
    incidents.station_id,
    incidents.loop,
    greatest(incidents.handled_at, incidents.received_at) as found_at,
    null::timestamptz as mended_at,
    false as is_silence,
    'final_type' as subject_key,
    jsonb_build_object('category', incidents.final_type, 'outcome', incidents.outcome) as detail
from {{ part('fct_incidents') }} as incidents
inner join {{ ref('categories') }} as categories on incidents.final_type = categories.category
where
    incidents.handled_at is not null
    and (
        (incidents.outcome = 'case_opened' and (categories.is_valid = 0 or categories.is_police_matter = 0))
        or (incidents.outcome = 'invalid' and categories.is_valid = 1)
    )
