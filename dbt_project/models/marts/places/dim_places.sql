{{ config(
    materialized='incremental',
    meta={'touched_by': 'int_touched_places', 'touched_key': 'place_id', 'keeps_before': true},
    indexes=[{'columns': ['place_id'], 'unique': True}, {'columns': ['station_id']}]
) }}

{%- set told_anew -%}
    {%- if var('catch_up') -%}
    place_id in (select touched.place_id from {{ ref('int_touched_places') }} as touched)
    {%- else -%}true{%- endif -%}
{%- endset %}

with calls as (

    select
        place_id,
        sum(calls)::bigint as calls,
        min(first_own_call_at) as first_call_at,
        max(last_own_call_at) as last_call_at
    from {{ ref('int_place_categories') }}
    where calls > 0 and {{ told_anew }}
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
    where {{ told_anew }}
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
