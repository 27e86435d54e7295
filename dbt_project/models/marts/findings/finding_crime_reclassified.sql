select
    incidents.work_item_id,
    incidents.station_id,
    incidents.loop,
    greatest(incidents.handled_at, incidents.received_at) as found_at,
    null::timestamptz as mended_at,
    false as is_silence,
    'final_type' as subject_key,
    jsonb_build_object('from', incidents.initial_type, 'to', incidents.final_type) as detail
from {{ part('fct_incidents') }} as incidents
inner join {{ ref('categories') }} as initial on incidents.initial_type = initial.category
inner join {{ ref('categories') }} as final on incidents.final_type = final.category
where
    incidents.handled_at is not null
    and incidents.merged_into is null
    and (initial.is_crime = 1 or initial.is_protected = 1)
    and (final.is_valid = 0 or final.category = 'other')
