select
    calendar_date,
    is_workday = 1 as is_workday,
    holiday_name,
    opens_at,
    closes_at,
    working_minutes,
    minutes_before,
    workday_seq,
    extract(isodow from calendar_date)::integer as iso_weekday
from {{ ref('calendar') }}
