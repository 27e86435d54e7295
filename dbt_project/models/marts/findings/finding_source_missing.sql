select
    work_item_id,
    station_id,
    loop,
    received_at as found_at,
    null::timestamptz as mended_at,
    false as is_silence,
    'source' as subject_key,
    jsonb_build_object('source', source, 'source_no', source_no) as detail
from {{ part('fct_incidents') }}
where
    nullif(btrim(source), '') is null
    or nullif(btrim(source_no), '') is null
