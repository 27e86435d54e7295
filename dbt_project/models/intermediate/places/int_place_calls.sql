{{ config(materialized='incremental', meta={'keeps_before': true}) }}

-- The calls that count at a place, as they were known when their first day ended: so no later answer rewrites a window.
{%- set memory = var('place_window_days') + var('place_history_days') %}

with incidents as (

    select
        incidents.*,
        {{ has_place_key('incidents.place_key') }} as is_source_key,
        {{ place_as_written('incidents.place_key', 'incidents.place') }} as written,
        {{ days_later('incidents.received_at', var('place_window_days')) }} as window_ends_at,
        incidents.loop = 'call'
        or incidents.handled_at < {{ local_midnight(local_date('incidents.received_at') ~ ' + 1') }} as is_answered
    from {{ part('fct_incidents') }} as incidents
    where incidents.received_at <= {{ as_of() }}

),

callers as (

    select
        loop,
        incident_id,
        reporter_key
    from {{ ref('stg_incidents') }}
    where is_current and reporter_key is not null

),

categories as (

    select
        category,
        is_valid = 1 as is_valid
    from {{ ref('categories') }}
    where kind = 'incident'

)

select
    places.place_id,
    places.station_id,
    incidents.work_item_id,
    case when incidents.is_answered then incidents.category_final else incidents.category_initial end as category,
    incidents.received_at,
    incidents.withdrawn_at,
    least(incidents.window_ends_at, incidents.withdrawn_at) as leaves_at,
    case
        when
            incidents.merged_into is null
            and (incidents.withdrawn_at is null or incidents.withdrawn_at > incidents.window_ends_at)
            then least({{ days_later('incidents.received_at', memory) }}, incidents.withdrawn_at)
    end as forgotten_at,
    hashtextextended(callers.reporter_key, 0) as caller,
    incidents.merged_into is not null as is_merged
from incidents
inner join {{ ref('int_place_keys') }} as places
    on
        incidents.opening_station_id = places.station_id
        and incidents.is_source_key = places.is_source_key
        and incidents.written = places.written
left join callers
    on
        incidents.loop = callers.loop
        and incidents.incident_id = callers.incident_id
left join categories on incidents.category_initial = categories.category
where
    case when incidents.is_answered then incidents.is_valid else coalesce(categories.is_valid, true) end
    and (incidents.withdrawn_at is null or incidents.withdrawn_at > incidents.received_at)
