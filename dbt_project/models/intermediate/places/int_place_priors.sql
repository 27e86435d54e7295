{{ config(pre_hook='{{ keep_as_it_was() }}') }}

{#- What places are like before anything is known of one: closedloop.statistics.exceedance.place_prior, by moments, learnt
    anew at the beginning of each local month from the history of every place known by then, the quiet ones included.
    A call counts at every beginning of a month that finds it in the history. -#}
{%- set month = "date_trunc('month', " ~ "({}) at time zone '" ~ var('time_zone') ~ "')::date" -%}

with watched_since as (

    select
        station_id,
        min(first_call_at) as first_call_at
    from {{ ref('int_place_categories') }}
    group by station_id

),

months as (

    select month::date as month
    from generate_series(
        (select {{ month.format('min(first_call_at)') }} from watched_since),
        {{ month.format(as_of()) }},
        interval '1 month'
    ) as month

),

categories as (

    select distinct category from {{ ref('int_place_firsts') }}

),

first_known as (

    select
        station_id,
        date_trunc('month', first_on)::date as month,
        sum(places) as places
    from {{ ref('int_place_firsts') }}
    where category = 'all'
    group by 1, 2

),

known as (

    select
        months.month,
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
    inner join first_known on months.month > first_known.month
    inner join watched_since using (station_id)
    group by months.month, watched_since.station_id, watched_since.first_call_at

),

-- each station's history of a category as it stands when the month begins
by_station as (

    select
        known.month,
        categories.category,
        known.places,
        known.days,
        coalesce(sum(histories.events), 0)::double precision as events,
        coalesce(sum(histories.squares), 0)::double precision as squares
    from known
    cross join categories
    left join {{ ref('int_place_histories') }} as histories
        on
            known.station_id = histories.station_id
            and categories.category = histories.category
            and known.month > histories.month
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
