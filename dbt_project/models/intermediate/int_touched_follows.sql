-- The disputes and diversions whose repeat calls are counted anew: touched ones, and those at a place that a touched
-- incident names or named. Empty in a full build.
with places as (

    {% if var('catch_up') %}
    select place_key from {{ part('fct_incidents') }}
    union
    select place_key from {{ part_before('fct_incidents') }}
    {% else %}
    select place_key from {{ ref('fct_incidents') }}
    where false
    {% endif %}

)

select work_item_id from {{ ref('int_touched_items') }}
union
select work_item_id from {{ ref('fct_disputes') }}
where place_key in (select places.place_key from places)
union
select work_item_id from {{ ref('fct_diversions') }}
where place_key in (select places.place_key from places)
