{{ config(indexes=[{'columns': ['judged_at', 'days', 'category']}]) }}

{%- set judged_at = local_midnight(local_date(as_of())) %}

-- How many places had how many calls when the last full day ended: what a page asks every time it is opened.
with windows as (

    select
        {{ var('place_window_days') }} as days,
        windows.station_id,
        places.place_type,
        windows.category,
        windows.is_small_home,
        windows.calls
    from {{ ref('fct_place_windows') }} as windows
    inner join {{ ref('dim_places') }} as places using (place_id)
    where
        windows.category = 'all'
        and windows.calls >= {{ var('place_least_calls') }}
        and windows.valid_from < {{ judged_at }}
        and (windows.valid_to >= {{ judged_at }} or windows.valid_to is null)

),

recent as (

    select
        calls.place_id,
        calls.station_id,
        calls.is_small_home,
        calls.category,
        places.place_type
    from {{ ref('fct_place_calls') }} as calls
    inner join {{ ref('dim_places') }} as places using (place_id)
    where
        calls.received_at >= {{ judged_at }} - interval '364 days'
        and calls.received_at < {{ judged_at }}
        and (calls.withdrawn_at is null or calls.withdrawn_at >= {{ judged_at }})
        and not calls.is_merged

),

years as (

    select
        364 as days,
        station_id,
        place_type,
        case when grouping(category) = 1 then 'all' else category end as category,
        is_small_home,
        count(*)::integer as calls
    from recent
    group by station_id, place_type, is_small_home, place_id, grouping sets ((category), ())

),

every as (

    select * from windows
    union all
    select * from years

)

select
    {{ judged_at }} as judged_at,
    days,
    station_id,
    place_type,
    category,
    is_small_home,
    calls,
    count(*)::integer as places
from every
group by days, station_id, place_type, category, is_small_home, calls
