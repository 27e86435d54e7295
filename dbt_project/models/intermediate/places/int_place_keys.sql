-- Every spelling once, so that the rules are applied to places and not to calls.
with calls as (

    select
        opening_station_id as station_id,
        {{ place_spelling('place_key', 'place') }} as spelling,
        place,
        place_type,
        received_at
    from {{ ref('fct_incidents') }}

),

spellings as (

    select
        station_id,
        spelling,
        {{ place_key_function() }}(spelling) as place_key,
        min(place) as place,
        min(place_type) as place_type,
        bool_or(place_type in ({% for type in var('home_place_types') %}'{{ type }}'{{ ', ' if not loop.last }}{% endfor %}))
            as is_home
    from calls
    where spelling is not null
    group by station_id, spelling

)

select
    station_id,
    spelling,
    place_key,
    {{ place_id('station_id', 'place_key') }} as place_id,
    coalesce(place, spelling) as place,
    place_type,
    coalesce(is_home, false) as is_home
from spellings
where place_key is not null
