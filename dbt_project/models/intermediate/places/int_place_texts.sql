{{ config(
    materialized='incremental',
    meta={
        'touched_by': 'int_touched_texts',
        'touched_key': ['station_id', 'is_source_key', 'written'],
    }
) }}

-- Every text of a place once, so that the rules are applied to places and not to calls. Most calls say the same of
-- theirs as another does.
with said as (

    select distinct
        opening_station_id,
        place_key,
        place,
        place_type
    from {{ ref('fct_incidents') }}
    {% if var('catch_up') -%}
    where
        (opening_station_id, {{ has_place_key('place_key') }}, {{ place_as_written('place_key', 'place') }}) in (
            select
                touched.station_id,
                touched.is_source_key,
                touched.written
            from {{ ref('int_touched_texts') }} as touched
        )
    {%- endif %}

)

select
    opening_station_id as station_id,
    {{ has_place_key('place_key') }} as is_source_key,
    {{ place_as_written('place_key', 'place') }} as written,
    min(place) as place,
    min(place_type) as place_type,
    bool_or({{ is_home_type('place_type') }}) as is_home
from said
where {{ place_as_written('place_key', 'place') }} is not null
group by 1, 2, 3
