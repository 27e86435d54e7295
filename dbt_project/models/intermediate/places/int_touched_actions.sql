-- The items and calls whose places are told anew: touched ones, those at a place that is not what it was, and what is
-- about any of them. In a full build there are none: it tells all.
{% if not var('catch_up') %}

select null::text as work_item_id
where false

{% else %}

with other_places as (

    {{ differing('dim_places', 'place_id, is_home, is_small_home') }}

),

there as (

    select work_item_id from {{ ref('int_touched_items') }}
    union
    select work_item_id from {{ ref('int_place_items') }}
    where place_id in (select other_places.place_id from other_places)
    union
    select work_item_id from {{ ref('int_place_calls') }}
    where place_id in (select other_places.place_id from other_places)

)

select work_item_id from there
union
select work_item_id from {{ ref('fct_directives') }}
where subject_work_item_id in (select there.work_item_id from there)
union
select work_item_id from {{ ref('fct_diversions') }}
where incident_id in (
    select incident_id from {{ ref('fct_incidents') }}
    where work_item_id in (select there.work_item_id from there)
)

{% endif %}
