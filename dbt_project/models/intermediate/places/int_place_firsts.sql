-- Since when places are looked at: running sums. A build that catches up takes off what the touched places had given, and
-- adds what they give now.
with told as (

    select
        1 as sign,
        place_id,
        station_id,
        category,
        first_call_at
    from {{ part('int_place_categories') }}
    {% if var('catch_up') %}
    union all
    select
        -1 as sign,
        place_id,
        station_id,
        category,
        first_call_at
    from {{ part_before('int_place_categories') }}
    {% endif %}

),

firsts as (

    select
        sign,
        station_id,
        category,
        first_call_at
    from told
    union all
    select
        sign,
        station_id,
        'all' as category,
        min(first_call_at) as first_call_at
    from told
    group by sign, station_id, place_id

),

unioned as (

    select
        station_id,
        {{ local_date('first_call_at') }} as first_on,
        category,
        sum(sign) as places
    from firsts
    group by 1, 2, 3
    {% if var('catch_up') %}
    union all
    select
        station_id,
        first_on,
        category,
        places
    from {{ as_it_was('intermediate', 'int_place_firsts') }}
    {% endif %}

)

select
    station_id,
    first_on,
    category,
    sum(places)::bigint as places
from unioned
group by station_id, first_on, category
having sum(places) <> 0
