{{ counted_by_day('diversions') }}

with days as {{ mature_days_of('diversions', 'diversions_fed_back_10d', of='diversions') }},

cohort as (

    select
        diversions.work_item_id,
        diversions.opening_station_id as station_id,
        days.metric_date,
        days.matures_at
    from {{ ref('fct_diversions') }} as diversions
    inner join days
        on
            diversions.opening_station_id = days.station_id
            and {{ local_date('diversions.sent_at') }} = days.metric_date

),

counted as (

    select
        cohort.station_id,
        cohort.metric_date,
        (states.status = 'closed')::integer as numerator,
        1 as denominator
    from cohort
    inner join {{ ref('fct_loop_stages') }} as states
        on
            cohort.work_item_id = states.work_item_id
            and states.valid_from < cohort.matures_at
            and (states.valid_to is null or states.valid_to >= cohort.matures_at)
    where states.status <> 'cancelled'

)

{{ metric_rows('counted', 'days', ratio=true) }}
