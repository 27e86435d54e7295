-- Every day follows the one before it, and the running sums are sums: working-day deadlines are read off them.
with days as (

    select
        *,
        lag(calendar_date) over in_order as day_before,
        lag(workday_seq) over in_order as seq_before,
        lag(worked_seconds_before + working_seconds) over in_order as worked_until
    from {{ ref('int_calendar_days') }}
    window in_order as (order by calendar_date)

)

select *
from days
where
    calendar_date <> day_before + 1
    or workday_seq <> seq_before + is_workday::integer
    or worked_seconds_before <> worked_until
    or (is_workday and (closes_at <= opens_at or working_seconds <= 0))
