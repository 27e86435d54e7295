{{ config(pre_hook='{{ keep_as_it_was() }}') }}

{#- What places are like before anything is known of one: closedloop.statistics.exceedance.place_prior, by moments, learnt
    anew at the beginning of each local month from the history of every place known by then, the quiet ones included.
    A call counts at every beginning of a month that finds it in the history. -#}
{%- set month = "date_trunc('month', " ~ "({}) at time zone '" ~ var('time_zone') ~ "')::date" -%}

with places as (

    select
        place_id,
        station_id,
        min(first_call_at) as first_call_at
    from {{ ref('int_place_categories') }}
    group by place_id, station_id

),

watched_since as (

    select
        station_id,
        min(first_call_at) as first_call_at
    from places
    group by station_id

),

months as (

    select
        month::date as month,
        row_number() over (order by month) as month_no
    from generate_series(
        (select {{ month.format('min(first_call_at)') }} from places),
        {{ month.format(as_of()) }},
        interval '1 month'
    ) as month

),

beginnings as (

    select
        count(*)::integer as months,
        array_agg({{ local_midnight('month') }} order by month) as moments
    from months

),

categories as (

    select
        category,
        row_number() over (order by category)::integer as category_no
    from (
        select 'all' as category
        union
        select category from {{ ref('int_place_categories') }} group by category
    ) as named

),

-- What changes at the very first moment of a month is known when the next one begins. In the order of places, so that
-- the sort below is of one place's rows.
crossing as (

    select
        calls.station_id,
        calls.place_id,
        categories.category_no,
        beginnings.months,
        width_bucket(calls.leaves_at, beginnings.moments) as month_from,
        width_bucket(calls.forgotten_at, beginnings.moments) as month_to
    from {{ ref('int_place_calls') }} as calls
    inner join categories using (category)
    cross join beginnings
    where calls.forgotten_at is not null
    order by calls.place_id

),

-- A call becomes history and is forgotten again, in its category and in all together.
changes as (

    select
        crossing.station_id,
        crossing.place_id,
        coalesce(steps.level_no, crossing.category_no) as level_no,
        case steps.change when 1 then crossing.month_from else crossing.month_to end as month_no,
        steps.change
    from crossing
    cross join (
        select
            change,
            case when is_all then categories.category_no end as level_no
        from (values (1, false), (1, true), (-1, false), (-1, true)) as step (change, is_all)
        cross join categories
        where categories.category = 'all'
    ) as steps
    where
        crossing.month_from < crossing.month_to
        and case steps.change when 1 then crossing.month_from else crossing.month_to end < crossing.months

),

counted as (

    select
        station_id,
        level_no,
        month_no,
        change,
        (
            sum(change) over (
                partition by place_id, level_no order by month_no
                rows between unbounded preceding and current row
            )
        )::integer as history_calls
    from changes

),

-- From h - 1 to h, or from h + 1 to h: the square of a place's history changes by 2h - 1, or by -2h - 1.
changed as (

    select
        station_id,
        level_no,
        month_no,
        sum(change) as events,
        sum(2 * change * history_calls - 1)::double precision as squares
    from counted
    group by station_id, level_no, month_no

),

first_known as (

    select
        places.station_id,
        width_bucket(places.first_call_at, beginnings.moments) as month_no,
        count(*) as places
    from places
    cross join beginnings
    group by places.station_id, month_no

),

known as (

    select
        months.month,
        months.month_no,
        watched_since.station_id,
        sum(first_known.places)::bigint as places,
        greatest(
            0,
            least(
                {{ var('place_history_days') }},
                floor(
                    extract(
                        epoch from {{ local_midnight('months.month') }} - watched_since.first_call_at
                    ) / 86400
                ) - {{ var('place_window_days') }}
            )
        )::double precision as days
    from months
    inner join first_known on months.month_no > first_known.month_no
    inner join watched_since using (station_id)
    group by months.month, months.month_no, watched_since.station_id, watched_since.first_call_at

),

-- each station's history of a category as it stands when the month begins
by_station as (

    select
        known.month,
        categories.category,
        known.places,
        known.days,
        coalesce(sum(changed.events), 0)::double precision as events,
        coalesce(sum(changed.squares), 0)::double precision as squares
    from known
    cross join categories
    left join changed
        on
            changed.station_id = known.station_id
            and changed.level_no = categories.category_no
            and changed.month_no < known.month_no
    where known.days > 0
    group by known.month, known.station_id, categories.category, known.places, known.days

),

sums as (

    select
        month,
        category,
        sum(events) as events,
        sum(squares) as squares,
        sum(events * days) as events_days,
        sum(places * days) as days,
        sum(places * days * days) as days_squared,
        max(days) as longest
    from by_station
    group by month, category

),

moments as (

    select
        month,
        category,
        longest,
        events / days as mean,
        (
            squares
            - 2 * events / days * events_days
            + (events / days) ^ 2 * days_squared
            - events
        ) / days_squared as between_places
    from sums
    where events > 0

),

priors as (

    select
        month,
        category,
        mean,
        -- Places that vary no more than chance are taken to be alike.
        case
            when between_places > 0 then least(mean / between_places, 100 * longest)
            else 100 * longest
        end as rate
    from moments

)

select
    month,
    category,
    mean * rate as shape,
    rate
from priors
