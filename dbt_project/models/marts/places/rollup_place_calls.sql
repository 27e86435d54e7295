{{ config(indexes=[{'columns': ['judged_at', 'days', 'category']}]) }}

{%- set judged_at = local_midnight(local_date(as_of())) %}

-- How many places had how many calls when the last full day ended: what a page asks every time it is opened.
with counted as (

    select
        {{ var('place_window_days') }} as days,
        place_id,
        station_id,
        category,
        is_small_home,
        calls
    from {{ ref('fct_place_windows') }}
    where
        category = 'all'
        and calls >= {{ var('place_least_calls') }}
        and valid_from < {{ judged_at }}
        and (valid_to >= {{ judged_at }} or valid_to is null)

    union all

    select
        364,
        place_id,
        station_id,
        case when grouping(category) = 1 then 'all' else category end,
        is_small_home,
        count(*)::integer
    from {{ ref('fct_place_calls') }}
    where
        received_at >= {{ judged_at }} - interval '364 days'
        and received_at < {{ judged_at }}
        and (withdrawn_at is null or withdrawn_at >= {{ judged_at }})
        and not is_merged
    group by place_id, station_id, is_small_home, grouping sets ((category), ())

)

select
    {{ judged_at }} as judged_at,
    counted.days,
    counted.station_id,
    places.place_type,
    counted.category,
    counted.is_small_home,
    counted.calls,
    count(*)::integer as places
from counted
inner join {{ ref('dim_places') }} as places using (place_id)
group by
    counted.days, counted.station_id, places.place_type, counted.category, counted.is_small_home, counted.calls
