{#- What becomes a place's history and is forgotten again, added up for int_place_priors: running sums. A build that
    catches up takes from them what the places of touched calls had given, and adds what they give now. -#}
{%- set calls = ref('int_place_calls') -%}
{%- set month = "date_trunc('month', {} at time zone '" ~ var('time_zone') ~ "')::date" -%}

with told as (

    {% if not var('catch_up') %}
    select
        calls.*,
        true as is_now,
        false as was_before
    from {{ calls }} as calls
    {% else %}
    select
        calls.*,
        true as is_now,
        calls.work_item_id not in (select here.work_item_id from {{ part('int_place_calls') }} as here) as was_before
    from {{ calls }} as calls
    where
        calls.place_id in (
            select here.place_id from {{ part('int_place_calls') }} as here
            union
            select before.place_id from {{ part_before('int_place_calls') }} as before
        )
    union all
    select
        before.*,
        false as is_now,
        true as was_before
    from {{ part_before('int_place_calls') }} as before
    {% endif %}

),

-- What changes at the very first moment of a month is known when the next one begins. In the order of places, so that
-- the sort below is of one place's rows.
crossing as (

    select
        station_id,
        place_id,
        category,
        is_now::integer as now,
        was_before::integer as before,
        {{ month.format('leaves_at') }} as month_from,
        {{ month.format('forgotten_at') }} as month_to
    from told
    where forgotten_at is not null
    order by place_id

),

-- A call becomes history and is forgotten again, in its category and in all together.
changes as (

    select
        crossing.station_id,
        crossing.place_id,
        coalesce(steps.level, crossing.category) as category,
        case steps.change when 1 then crossing.month_from else crossing.month_to end as month,
        steps.change * crossing.now as change,
        steps.change * crossing.before as change_before
    from crossing
    cross join (values (1, null), (1, 'all'), (-1, null), (-1, 'all')) as steps (change, level)
    where crossing.month_from < crossing.month_to

),

counted as (

    select
        station_id,
        category,
        month,
        change,
        change_before,
        sum(change) over history as history_calls,
        {{ 'sum(change_before) over history' if var('catch_up') else '0' }} as history_calls_before
    from changes
    window history as (
        partition by place_id, category order by month
        rows between unbounded preceding and current row
    )

),

-- From h - 1 to h, or from h + 1 to h: the square of a place's history changes by 2h - 1, or by -2h - 1.
unioned as (

    select
        station_id,
        category,
        month,
        change - change_before as events,
        2 * change * history_calls - change * change
        - (2 * change_before * history_calls_before - change_before * change_before) as squares
    from counted
    {% if var('catch_up') %}
    union all
    select
        station_id,
        category,
        month,
        events,
        squares
    from {{ as_it_was('intermediate', 'int_place_histories') }}
    {% endif %}

)

select
    station_id,
    category,
    month,
    sum(events)::bigint as events,
    sum(squares)::bigint as squares
from unioned
group by station_id, category, month
having sum(events) <> 0 or sum(squares) <> 0
