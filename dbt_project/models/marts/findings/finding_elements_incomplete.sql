select
    work_item_id,
    station_id,
    loop,
    greatest(handled_at, received_at) as found_at,
    null::timestamptz as mended_at,
    false as is_silence,
    'elements' as subject_key,
    jsonb_build_object('recorded', elements_recorded, 'required', {{ var('required_elements') }}) as detail
from {{ part('fct_incidents') }}
where
    handled_at is not null
    and merged_into is null
    and coalesce(outcome, '') not in ('invalid', 'merged')
    and elements_recorded < {{ var('required_elements') }}
