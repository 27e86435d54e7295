{{ config(materialized='incremental', meta={'touched_by': 'int_touched_places', 'touched_key': 'place_id'}) }}

-- Most callers call a place once.
select
    place_id,
    caller
from {{ ref('int_place_calls') }}
where
    caller is not null
    {% if var('catch_up') -%}
    and place_id in (select touched.place_id from {{ ref('int_touched_places') }} as touched)
    {%- endif %}
group by place_id, caller
having count(*) > 1
