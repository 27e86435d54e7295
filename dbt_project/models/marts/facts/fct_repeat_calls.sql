{{ config(
    materialized='incremental',
    indexes=[
        {'columns': ['work_item_id', 'call_work_item_id'], 'unique': True},
        {'columns': ['station_id']},
    ]
) }}

with followed as (

    {{ followed() }}

),

categories as (

    select * from {{ ref('categories') }}
    where kind = 'incident'

),

-- Several calls about one matter are one call; what reception took for invalid is none. What the scene finds
-- out later does not count: it was not known when the call came.
calls as (

    select
        incidents.work_item_id,
        incidents.incident_id,
        incidents.place_key,
        incidents.received_at,
        incidents.category_initial
    from {{ ref('fct_incidents') }} as incidents
    left join categories on incidents.category_initial = categories.category
    where
        incidents.place_key is not null
        and incidents.merged_into is null
        and coalesce(categories.is_valid = 1, true)

)

select
    followed.work_item_id,
    calls.work_item_id as call_work_item_id,
    followed.loop,
    followed.station_id,
    calls.category_initial as call_category,
    followed.followed_from,
    calls.received_at as called_at,
    (
        select min(stages.valid_from)
        from {{ ref('fct_loop_stages') }} as stages
        where calls.work_item_id = stages.work_item_id and stages.status = 'cancelled'
    ) as cancelled_at,
    {{ minutes_between('followed.followed_from', 'calls.received_at') }} / 60.0 as hours_after
from followed
inner join calls
    on
        followed.place_key = calls.place_key
        and followed.followed_from < calls.received_at
        and followed.followed_from + followed.followed_for >= calls.received_at
        and followed.incident_id is distinct from calls.incident_id
{% if var('catch_up') -%}
where followed.work_item_id in (select touched.work_item_id from {{ ref('int_touched_follows') }} as touched)
{%- endif %}
