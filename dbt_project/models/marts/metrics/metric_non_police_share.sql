{{ counted_by_day('incidents') }}

-- The class known at the day's end: what the scene said the next morning does not rewrite yesterday.
with counted as (

    select
        opening_station_id as station_id,
        {{ local_date('received_at') }} as metric_date,
        is_non_police_at_end_of_first_day::integer as numerator,
        1 as denominator
    from {{ ref('fct_incidents') }}
    where
        stands_at_end_of_first_day
        and {{ is_counted('incidents', 'opening_station_id', local_date('received_at')) }}

)

{{ metric_rows('counted', days_of('incidents', of='incidents'), ratio=true) }}
