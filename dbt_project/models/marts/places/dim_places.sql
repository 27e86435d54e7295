{{ config(
    pre_hook='{{ keep_as_it_was() }}',
    indexes=[{'columns': ['place_id'], 'unique': True}, {'columns': ['station_id']}]
) }}

with calls as (

    select
        place_id,
        sum(calls)::bigint as calls,
        min(first_own_call_at) as first_call_at,
        max(last_own_call_at) as last_call_at
    from {{ ref('int_place_categories') }}
    where calls > 0
    group by place_id

),

places as (

    select
        place_id,
        station_id,
        place_key,
        min(place) as place,
        min(place_type) as place_type,
        bool_or(is_home) as is_home,
        count(distinct spelling) as spellings
    from {{ ref('int_place_keys') }}
    group by place_id, station_id, place_key

)

select
    places.place_id,
    places.station_id,
    places.place_key,
    places.place,
    places.place_type,
    places.is_home,
    places.spellings,
    calls.calls,
    calls.first_call_at,
    calls.last_call_at,
    {{ is_small_home('places.is_home', 'calls.calls') }} as is_small_home
from places
inner join calls using (place_id)
