-- The texts of places that say something else than before, or may: those of touched incidents, now or before. In a full
-- build there are none: it reads all.
{% if not var('catch_up') %}

select
    null::text as station_id,
    null::boolean as is_source_key,
    null::text as written
where false

{% else %}

{% for rows in (part('fct_incidents'), part_before('fct_incidents')) %}
select
    opening_station_id as station_id,
    {{ has_place_key('place_key') }} as is_source_key,
    {{ place_as_written('place_key', 'place') }} as written
from {{ rows }}
where {{ place_as_written('place_key', 'place') }} is not null
{% if not loop.last %}union{% endif %}
{% endfor %}

{% endif %}
