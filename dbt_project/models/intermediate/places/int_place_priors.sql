{#- What places are like before anything is known of one: closedloop.statistics.exceedance.place_prior, by moments, learnt
    anew at the beginning of each local month from the history of every place known by then, the quiet ones included.
    Sums of squares come from the changes: from h to h + d the square grows by (2h + d)·d. -#}
{%- set month = "date_trunc('month', " ~ "({}) at time zone '" ~ var('time_zone') ~ "')::date" -%}

with watched_since as (

    select
        station_id,
        min(received_at) as first_call_at
    from {{ ref('int_place_calls') }}
    group by station_id

),

places as (

    select
        place_id,
        station_id,
        min(received_at) as first_call_at
    from {{ ref('int_place_calls') }}
    group by place_id, station_id

),

changed as (

    select
        places.station_id,
        spans.category,
        -- known at the beginning of the next month
        ({{ month.format('spans.valid_from') }} + interval '1 month')::date as month,
        sum(spans.history_change) as events,
        -- the state after a change is history_calls
        sum((2 * spans.history_calls - spans.history_change)::bigint * spans.history_change) as squares
    from {{ ref('int_place_spans') }} as spans
    inner join places using (place_id)
    where spans.history_change <> 0
    group by 1, 2, 3

),

months as (

    select month::date as month
    from generate_series(
        (select min({{ month.format('first_call_at') }}) from places),
        (select max({{ month.format('valid_from') }}) from {{ ref('int_place_spans') }}),
        interval '1 month'
    ) as month

),

known as (

    select
        months.month,
        places.station_id,
        count(*) as places,
        greatest(
            0,
            least(
                {{ var('place_history_days') }},
                floor(
                    extract(
                        epoch from {{ local_midnight('months.month') }} - min(watched_since.first_call_at)
                    ) / 86400
                ) - {{ var('place_window_days') }}
            )
        )::double precision as days
    from months
    inner join places on places.first_call_at < {{ local_midnight('months.month') }}
    inner join watched_since using (station_id)
    group by months.month, places.station_id

),

categories as (

    select distinct category from changed

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
            and changed.category = categories.category
            and changed.month <= known.month
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
