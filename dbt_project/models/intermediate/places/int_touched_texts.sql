-- The texts of places that say something else than before, or may: what touched incidents no longer say, and what they say
-- now if it is not in what their text says anyway (int_place_texts). Reading a text anew is reading every call of its place,
-- and most calls say of theirs what others did. In a full build there are none: it reads all.
{% if not var('catch_up') %}

select
    null::text as station_id,
    null::boolean as is_source_key,
    null::text as written
where false

{% else %}

with now as (

    {{ texts_said_in(part('fct_incidents')) }}

),

before as (

    {{ texts_said_in(part_before('fct_incidents')) }}

),

gone as (

    select * from before
    except
    select * from now

),

come as (

    select * from now
    except
    select * from before

)

select
    station_id,
    is_source_key,
    written
from gone
union
select
    come.station_id,
    come.is_source_key,
    come.written
from come
left join {{ as_it_was('intermediate', 'int_place_texts') }} as known
    on
        come.station_id = known.station_id
        and come.is_source_key = known.is_source_key
        and come.written = known.written
where
    -- a text that is new, another first name or type, and what makes it a home
    known.station_id is null
    or (come.place is not null and (known.place is null or come.place < known.place))
    or (come.place_type is not null and (known.place_type is null or come.place_type < known.place_type))
    or ({{ is_home_type('come.place_type') }} and not known.is_home)

{% endif %}
