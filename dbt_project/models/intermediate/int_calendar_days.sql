with calendar as (

    select * from {{ ref('calendar') }}

),

days as (

    select
        calendar_date::date as calendar_date,
        is_workday::integer = 1 as is_workday,
        workday_seq::integer as workday_seq,
        (calendar_date::date + opens_at::time) at time zone '{{ var("time_zone") }}' as opens_at,
        (calendar_date::date + closes_at::time) at time zone '{{ var("time_zone") }}' as closes_at,
        case when is_workday::integer = 1 then working_minutes::bigint * 60 else 0 end as working_seconds,
        minutes_before::bigint * 60 as worked_seconds_before
    from calendar

)

select * from days
