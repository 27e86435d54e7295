-- The places whose windows are judged anew: those counted anew, those of a station whose history begins otherwise, and those
-- with a window in a month that something else was learnt for. In a full build there are none: it judges all.
{% if not var('catch_up') %}

select
    null::bigint as place_id,
    null::timestamptz as since
where false

{% else %}

-- a station's history begins with its first call
with other_stations as (

    select station_id
    from (
        select
            station_id,
            first_call_at,
            true as is_now,
            place_id not in (select touched.place_id from {{ ref('int_touched_places') }} as touched) as was_before
        from {{ ref('dim_places') }}
        union all
        select
            station_id,
            first_call_at,
            false,
            true
        from {{ part_before('dim_places') }}
    ) as known
    group by station_id
    having
        min(first_call_at) filter (where is_now) is distinct from min(first_call_at) filter (where was_before)

),

other_months as (

    {{ differing('int_place_priors', 'month, category, shape, rate') }}

),

causes as (

    select
        place_id,
        since
    from {{ ref('int_touched_places') }}
    union all
    select
        place_id,
        '-infinity' as since
    from {{ ref('dim_places') }}
    where station_id in (select other_stations.station_id from other_stations)
    union all
    select
        spans.place_id,
        {{ local_midnight('other_months.month') }} as since
    from {{ ref('int_place_spans') }} as spans
    inner join other_months
        on
            spans.category = other_months.category
            and date_trunc('month', spans.valid_from at time zone '{{ var("time_zone") }}')::date = other_months.month

)

select
    place_id,
    min(since) as since
from causes
group by place_id

{% endif %}
