-- int_place_calls proves that an item is there once; nobody looks for one here.
{{ config(materialized='incremental', indexes=[{'columns': ['place_id', 'received_at']}]) }}

select
    calls.work_item_id,
    calls.place_id,
    calls.station_id,
    calls.category,
    calls.received_at,
    calls.withdrawn_at,
    calls.is_merged,
    -- A single call is the smallest cell there is.
    places.is_home as is_small_home
from {{ ref('int_place_calls') }} as calls
inner join {{ ref('dim_places') }} as places using (place_id)
{% if var('catch_up') -%}
where calls.work_item_id in (select touched.work_item_id from {{ ref('int_touched_actions') }} as touched)
{%- endif %}
-- What is asked for lies together: the calls of a place come from one page, those of all places from each page once.
order by calls.place_id, calls.received_at
