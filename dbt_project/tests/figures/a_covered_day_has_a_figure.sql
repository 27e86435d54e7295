-- Zero is written out and a missing row means 未报. If totals were left out on quiet days, a station that had
-- nothing to report and one that did not report would look the same; if they stood on other days, a zero would
-- be claimed that nobody reported.
with metrics as (

    select
        metrics.metric_id,
        loops.source_table,
        coalesce(metrics.maturity_days, 0) as maturity_days
    from {{ ref('dim_metrics') }} as metrics
    inner join {{ ref('dim_loops') }} as loops using (loop)
    where metrics.kind in ('flow', 'cohort')

),

expected as (

    select
        metrics.metric_id,
        days.station_id,
        days.metric_date
    from metrics
    inner join {{ ref('int_covered_days') }} as days
        on
            metrics.source_table = days.source_table
            and days.metric_date + metrics.maturity_days <= days.covered_through

),

found as (

    select
        metric_id,
        station_id,
        metric_date
    from {{ ref('fct_metric_daily') }}
    where
        dimension = ''
        and metric_id in (select metric_id from metrics)

),

missing as (

    select * from expected
    except
    select * from found

),

unfounded as (

    select * from found
    except
    select * from expected

)

select 'missing' as problem, * from missing
union all
select 'unfounded' as problem, * from unfounded
