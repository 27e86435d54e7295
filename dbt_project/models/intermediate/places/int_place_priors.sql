{#- What places are like before anything is known of one: closedloop.statistics.exceedance.place_prior, by moments, learnt
    anew at the beginning of each local month from the history of every place known by then, the quiet ones included.
    A span counts at every beginning of a month that lies in it. -#}
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

months as (

    select
        month::date as month,
        row_number() over (order by month) as month_no
    from generate_series(
        (select {{ month.format('min(first_call_at)') }} from places),
        (select {{ month.format('max(valid_from)') }} from {{ ref('int_place_spans') }}),
        interval '1 month'
    ) as month

),

beginnings as (

    select array_agg({{ local_midnight('month') }} order by month) as moments
    from months

),

-- What changes at the very first moment of a month is known when the next one begins.
crossing as (

    select
        spans.place_id,
        spans.category,
        spans.history_calls,
        width_bucket(spans.valid_from, beginnings.moments) as month_from,
        width_bucket(coalesce(spans.valid_to, 'infinity'), beginnings.moments) as month_to
    from {{ ref('int_place_spans') }} as spans
    cross join beginnings
    where spans.history_calls > 0

),

changed as (

    select
        places.station_id,
        crossing.category,
        change.month_no,
        sum(change.sign * crossing.history_calls) as events,
        sum(change.sign * crossing.history_calls::double precision * crossing.history_calls) as squares
    from crossing
    inner join places using (place_id)
    cross join lateral (values (month_from, 1), (month_to, -1)) as change (month_no, sign)
    where crossing.month_from < crossing.month_to
    group by places.station_id, crossing.category, change.month_no

),

known as (

    select
        months.month,
        months.month_no,
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
    group by months.month, months.month_no, places.station_id

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
