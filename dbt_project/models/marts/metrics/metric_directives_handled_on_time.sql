{{ counted_by_day('handling') }}

with days as {{ mature_days_of('directives', 'directives_handled_on_time', of='handling') }},

deadlines as (

    select
        station_id,
        {{ local_date('started_at') }} as metric_date,
        ended_at,
        end_kind,
        breached_at
    from {{ ref('fct_sla_targets') }}
    where
        {{ is_handling() }}
        and is_confirmed
        and {{ is_counted('handling', metric_date=local_date('started_at')) }}

),

-- As they stood at the end of the last day that counts; what came later does not change the cohort.
judged as (

    select
        deadlines.station_id,
        deadlines.metric_date,
        coalesce(deadlines.ended_at < days.matures_at, false) as has_ended,
        coalesce(deadlines.breached_at < least(days.matures_at, deadlines.ended_at), false) as is_breached,
        deadlines.end_kind
    from deadlines
    inner join days using (station_id, metric_date)

),

counted as (

    select
        station_id,
        metric_date,
        (not is_breached)::integer as numerator,
        1 as denominator
    from judged
    where is_breached or (has_ended and end_kind = 'stop')

)

{{ metric_rows('counted', 'days', ratio=true) }}
