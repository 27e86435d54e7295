{{ config(
    materialized='incremental',
    indexes=[
        {'columns': ['place_id', 'work_item_id'], 'unique': True},
        {'columns': ['work_item_id']},
    ]
) }}

{%- set told_anew -%}
    {%- if var('catch_up') -%}
    work_item_id in (select touched.work_item_id from {{ ref('int_touched_actions') }} as touched)
    {%- else -%}true{%- endif -%}
{%- endset %}

-- What was set in motion about a place: named by a call there, or by the place itself.
with directives as (

    select
        work_item_id,
        subject_work_item_id
    from {{ ref('fct_directives') }}
    where {{ told_anew }}

),

diversions as (

    select
        work_item_id,
        incident_id
    from {{ ref('fct_diversions') }}
    where {{ told_anew }}

),

about as (

    select
        work_item_id,
        place_id
    from {{ ref('int_place_items') }}
    where {{ told_anew }}

    union

    select
        directives.work_item_id,
        calls.place_id
    from directives
    inner join {{ ref('int_place_calls') }} as calls on directives.subject_work_item_id = calls.work_item_id

    union

    select
        directives.work_item_id,
        named.place_id
    from directives
    inner join {{ ref('int_place_items') }} as named on directives.subject_work_item_id = named.work_item_id

    union

    select
        diversions.work_item_id,
        calls.place_id
    from diversions
    inner join {{ ref('fct_incidents') }} as incidents using (incident_id)
    inner join {{ ref('int_place_calls') }} as calls on incidents.work_item_id = calls.work_item_id

)

select
    about.place_id,
    about.work_item_id,
    items.station_id,
    items.source_table,
    items.loop,
    items.opened_at,
    places.is_small_home
from about
inner join {{ ref('fct_work_items') }} as items using (work_item_id)
inner join {{ ref('dim_places') }} as places using (place_id)
where not items.is_withdrawn
