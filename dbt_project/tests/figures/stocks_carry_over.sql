-- What is open tonight is what was open last night, plus what came in, less what left. Otherwise items would
-- appear in a stock or drop out of it without a flow that says so, and no list could explain the difference.
with covered as (

    select
        loops.loop,
        days.station_id,
        days.metric_date
    from {{ ref('int_covered_days') }} as days
    inner join {{ ref('loops') }} as loops using (source_table)

),

moved as (

    select
        loop,
        station_id,
        metric_date,
        sum(open_items) as open_items,
        sum(entered_items - left_items) as change
    from {{ ref('rollup_loop_daily') }}
    group by loop, station_id, metric_date

),

course as (

    select
        covered.loop,
        covered.station_id,
        covered.metric_date,
        coalesce(moved.open_items, 0) as open_items,
        coalesce(moved.change, 0) as change,
        lag(covered.metric_date) over place as day_before,
        lag(coalesce(moved.open_items, 0)) over place as open_before
    from covered
    left join moved using (loop, station_id, metric_date)
    window place as (partition by covered.loop, covered.station_id order by covered.metric_date)

)

select *
from course
where
    day_before = metric_date - 1
    and open_items <> open_before + change
