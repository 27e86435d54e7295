-- The places whose windows are judged anew: those counted anew, those of which something else is known than before, and
-- those with a window in a month that something else was learnt for. In a full build there are none: it judges all.
{% if not var('catch_up') %}

select null::bigint as place_id
where false

{% else %}

{% set known = [ref('dim_places'), part_before('dim_places')] %}
{% set learnt = [ref('int_place_priors'), part_before('int_place_priors')] %}
with other_places as (

    {% for here, there in [known, known[::-1]] %}
    (
        select place_id, station_id, is_home from {{ here }}
        except
        select place_id, station_id, is_home from {{ there }}
    )
    {% if not loop.last %}union{% endif %}
    {% endfor %}

),

-- a station's history begins with its first call
other_stations as (

    {% for here, there in [known, known[::-1]] %}
    (
        select station_id, min(first_call_at) from {{ here }} group by station_id
        except
        select station_id, min(first_call_at) from {{ there }} group by station_id
    )
    {% if not loop.last %}union{% endif %}
    {% endfor %}

),

other_months as (

    {% for here, there in [learnt, learnt[::-1]] %}
    (
        select month, category, shape, rate from {{ here }}
        except
        select month, category, shape, rate from {{ there }}
    )
    {% if not loop.last %}union{% endif %}
    {% endfor %}

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
