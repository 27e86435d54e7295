-- Working time cut into equal slots, so that "on which day does the count reach x?" is an equality join instead of a
-- range join. Where every working day has the same length a day is one slot.
with workdays as (

    select * from {{ ref('int_calendar_days') }}
    where is_workday and working_seconds > 0

),

slots as (

    select
        slot.slot,
        workdays.calendar_date,
        workdays.opens_at,
        workdays.closes_at,
        workdays.worked_seconds_before,
        workdays.worked_seconds_before + workdays.working_seconds as worked_seconds_after
    from workdays
    cross join {{ ref('int_workday_length') }} as length
    cross join lateral generate_series(
        floor(workdays.worked_seconds_before / length.slot_seconds)::integer + 1,
        ceil((workdays.worked_seconds_before + workdays.working_seconds) / length.slot_seconds)::integer
    ) as slot (slot)

)

select * from slots
