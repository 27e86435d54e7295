with counted as (

    select
        station_id,
        metric_date,
        loop,
        severity,
        sum(overdue_items) as numerator
    from {{ ref('rollup_loop_daily') }}
    group by station_id, metric_date, loop, severity

)

{{ metric_rows('counted', ref('int_complete_days'), dimensions=['loop', 'severity']) }}
