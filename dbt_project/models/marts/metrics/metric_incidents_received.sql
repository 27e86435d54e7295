{{ counted_by_day('incidents') }}

with counted as (

    select
        opening_station_id as station_id,
        {{ local_date('received_at') }} as metric_date,
        category_initial as category,
        1 as numerator
    from {{ ref('fct_incidents') }}
    where
        stands_at_end_of_first_day
        and {{ is_counted('incidents', 'opening_station_id', local_date('received_at')) }}

)

{{ metric_rows('counted', days_of('incidents', of='incidents'), dimensions=['category']) }}
