{{ config(meta={
    'item': '(station_id, loop, found_at)',
    'touched_by': 'int_touched_moments',
    'touched_key': 'station_id, loop, valid_from',
}) }}

with answers as (

    {% if var('catch_up') -%}
    select
        states.station_id,
        states.loop,
        states.event_stage,
        states.valid_from
    from {{ ref('int_touched_moments') }} as moments
    cross join lateral (
        select * from {{ ref('int_item_states') }} as stored
        where
            {{ is_answer('stored') }}
            and stored.valid_from = moments.valid_from
            and stored.station_id = moments.station_id
            and stored.loop = moments.loop
        offset 0
    ) as states
    {%- else -%}
    select
        station_id,
        loop,
        event_stage,
        valid_from
    from {{ ref('int_item_states') }}
    where {{ is_answer() }}
    {%- endif %}

),

feedback as (

    select
        station_id,
        loop,
        event_stage,
        valid_from,
        count(*) as items
    from answers
    where event_stage in {{ answering_stages() }}
    group by station_id, loop, event_stage, valid_from
    having count(*) >= 5

)

select
    null::text as work_item_id,
    station_id,
    loop,
    valid_from as found_at,
    null::timestamptz as mended_at,
    false as is_silence,
    station_id || ':' || event_stage as subject_key,
    jsonb_build_object('stage', event_stage, 'items', items) as detail
from feedback
