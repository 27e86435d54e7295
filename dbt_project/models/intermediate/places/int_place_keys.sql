-- Every text of a place once, so that the rules are applied to places and not to calls. Materialized, or the filters
-- would apply them to every call, and a second time.
with written as materialized (

    select
        opening_station_id as station_id,
        {{ has_place_key('place_key') }} as is_source_key,
        {{ place_as_written('place_key', 'place') }} as written,
        min(place) as place,
        min(place_type) as place_type,
        bool_or(place_type in ({% for type in var('home_place_types') %}'{{ type }}'{{ ', ' if not loop.last }}{% endfor %}))
            as is_home
    from {{ ref('fct_incidents') }}
    group by 1, 2, 3

),

spelled as (

    select
        *,
        case when is_source_key then written else {{ place_spelling("''", 'written') }} end as spelling
    from written
    where written is not null

),

keyed as materialized (

    select
        *,
        {{ place_key_function() }}(spelling) as place_key
    from spelled
    where spelling is not null

)

select
    station_id,
    is_source_key,
    written,
    spelling,
    place_key,
    {{ place_id('station_id', 'place_key') }} as place_id,
    coalesce(place, spelling) as place,
    place_type,
    coalesce(is_home, false) as is_home
from keyed
where place_key is not null
