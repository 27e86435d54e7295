{{ counted_by_day('disputes') }}

with days as {{ mature_days_of('disputes', 'disputes_concluded_30d', of='disputes') }},

cohort as (

    select
        disputes.work_item_id,
        disputes.opening_station_id as station_id,
        days.metric_date,
        days.matures_at,
        disputes.outcome
    from {{ ref('fct_disputes') }} as disputes
    inner join days
        on
            disputes.opening_station_id = days.station_id
            and {{ local_date('disputes.found_at') }} = days.metric_date

),

-- 化解 is the loop's closing stage; an outcome that says otherwise (in court, handed over, stabilised) is none.
counted as (

    select
        cohort.station_id,
        cohort.metric_date,
        (
            states.status = 'closed'
            and coalesce(cohort.outcome, 'resolved') = 'resolved'
        )::integer as numerator,
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
