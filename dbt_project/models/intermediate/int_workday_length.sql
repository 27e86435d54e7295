-- A slot is the shortest working day, so that no working day is longer than a few slots;
-- a "working day" as a unit of a limit is the usual one.
select
    min(working_seconds)::numeric as slot_seconds,
    mode() within group (order by working_seconds)::numeric as usual_day_seconds
from {{ ref('int_calendar_days') }}
where is_workday and working_seconds > 0
