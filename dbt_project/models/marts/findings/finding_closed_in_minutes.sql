select
    work_item_id,
    station_id,
    loop,
    greatest(closed_at, handled_at) as found_at,
    null::timestamptz as mended_at,
    false as is_silence,
    'closing' as subject_key,
    jsonb_build_object('received_at', received_at, 'closed_at', closed_at) as detail
from {{ part('fct_incidents') }}
where
    loop = 'incident'
    and closed_at >= received_at
    and closed_at < received_at + interval '5 minutes'
    and merged_into is null
    and coalesce(outcome, '') not in ('invalid', 'merged')
