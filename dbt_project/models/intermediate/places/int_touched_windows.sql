-- The places whose windows are judged anew: those counted anew, those of which something else is known than before, and
-- those with a window in a month that something else was learnt for. In a full build there are none: it judges all.
{% if not var('catch_up') %}

select null::bigint as place_id
where false

{% else %}

with other_places as (

    {{ differing('dim_places', 'place_id, station_id, is_home') }}

),

-- a station's history begins with its first call
other_stations as (

    {{ differing('dim_places', 'station_id, min(first_call_at)', grouped_by='station_id') }}

),

other_months as (

    {{ differing('int_place_priors', 'month, category, shape, rate') }}

)

select place_id from {{ ref('int_touched_places') }}
union
select place_id from other_places
union
select place_id from {{ ref('dim_places') }}
where station_id in (select other_stations.station_id from other_stations)
union
select spans.place_id
from {{ ref('int_place_spans') }} as spans
inner join other_months
    on
        spans.category = other_months.category
        and date_trunc('month', spans.valid_from at time zone '{{ var("time_zone") }}')::date = other_months.month

{% endif %}
