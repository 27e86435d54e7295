{{ config(
    materialized='incremental',
    meta={
        'touched_by': 'int_touched_texts',
        'touched_key': ['station_id', 'is_source_key', 'written'],
        'keeps_before': true,
    }
) }}

-- Two workers share what takes long: that needs a table to read, and no named query. As `offset 0` would, `offset null`
-- has each rule worked out once, but it lets them share.
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
from (
    select
        *,
        {{ place_key_function() }}(spelling) as place_key
    from (
        select
            *,
            case when is_source_key then written else {{ place_spelling("''", 'written') }} end as spelling
        from {{ part('int_place_texts') }}
        offset null
    ) as spelled
    where spelling is not null
    offset null
) as keyed
where place_key is not null
