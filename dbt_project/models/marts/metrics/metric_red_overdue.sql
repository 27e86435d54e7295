with counted as (

    select
        station_id,
        metric_date,
        sum(overdue_items) as numerator
    from {{ ref('rollup_loop_daily') }}
    where severity = 'red'
    group by station_id, metric_date

)

{{ metric_rows('counted', ref('int_complete_days')) }}
