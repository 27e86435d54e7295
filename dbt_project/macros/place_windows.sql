{#- Every window with what was expected and p, the chance of as many calls or more; with least_calls, only those of so
    many calls, merged ones not counted; with places, a relation, only those of its places that last until its since. -#}
{% macro place_windows(least_calls=none, places=none) -%}
with places as (

    select
        place_id,
        station_id,
        is_home,
        min(first_call_at) over (partition by station_id) as station_first_call_at
    from {{ ref('dim_places') }}

),

months as (

    select
        array_agg(month::date order by month) as months,
        array_agg({{ local_midnight('month') }} order by month) as beginnings
    from generate_series(
        (select min(month) from {{ ref('int_place_priors') }}), {{ local_date(as_of()) }}, interval '1 month'
    ) as month

),

-- Apart, or each of its days would be worked out wherever it is used.
dated as (

    select
        spans.*,
        places.station_id,
        places.is_home,
        months.months[width_bucket(spans.valid_from, months.beginnings)] as month,
        greatest(
            0,
            least(
                {{ var('place_history_days') }},
                -- the days of an interval between two moments are of 24 hours
                date_part('day', spans.valid_from - places.station_first_call_at)::integer
                - {{ var('place_window_days') }}
            )
        ) as history_days
    from {{ ref('int_place_spans') }} as spans
    inner join places using (place_id)
    cross join months
    where
        true
        {%- if least_calls is not none %}
        and spans.calls >= {{ least_calls }}
        {%- endif %}
        {%- if places is not none %}
        and exists (
            select from {{ places }} as touched
            where spans.place_id = touched.place_id and {{ lasts_until('spans', 'touched') }}
        )
        {%- endif %}
    offset 0

),

learnt as materialized (

    select
        dated.*,
        priors.shape + dated.history_calls as shape,
        priors.rate + dated.history_days as rate
    from dated
    left join {{ ref('int_place_priors') }} as priors
        on
            dated.month = priors.month
            and dated.category = priors.category
            and dated.history_days >= {{ var('place_least_history_days') }}

),

-- Few calls, or no more than expected, are no exceedance: p is 1. The tail is the same for many spans.
tails as (

    select
        calls,
        shape,
        rate,
        {{ place_tail_function() }}(
            calls, shape, {{ var('place_window_days') }} / (rate + {{ var('place_window_days') }})
        ) as p
    from learnt
    where calls >= {{ var('place_least_calls') }} and calls > shape / rate * {{ var('place_window_days') }}
    group by calls, shape, rate

)

select
    learnt.place_id,
    learnt.station_id,
    learnt.category,
    learnt.valid_from,
    learnt.valid_to,
    learnt.calls,
    learnt.merged_calls,
    learnt.callers,
    learnt.history_calls,
    learnt.history_days,
    learnt.shape,
    learnt.rate,
    learnt.shape / learnt.rate * {{ var('place_window_days') }} as expected,
    case when learnt.shape is not null then coalesce(tails.p, 1) end as p,
    {{ is_small_home('learnt.is_home', 'learnt.calls') }} as is_small_home
from learnt
left join tails
    on
        learnt.calls = tails.calls
        and learnt.shape = tails.shape
        and learnt.rate = tails.rate
{%- endmacro %}
