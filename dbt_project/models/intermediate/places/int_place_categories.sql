{{ config(
    materialized='incremental',
    meta={'touched_by': 'int_touched_places', 'touched_key': 'place_id', 'keeps_before': true}
) }}

-- What several models ask of a place's calls, counted once.
select
    place_id,
    station_id,
    category,
    min(received_at) as first_call_at,
    count(*) filter (where not is_merged) as calls,
    min(received_at) filter (where not is_merged) as first_own_call_at,
    max(received_at) filter (where not is_merged) as last_own_call_at
from {{ ref('int_place_calls') }}
{% if var('catch_up') -%}
where place_id in (select touched.place_id from {{ ref('int_touched_places') }} as touched)
{% endif -%}
group by place_id, station_id, category
