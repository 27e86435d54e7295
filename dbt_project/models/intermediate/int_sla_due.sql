{{ config(materialized='incremental', indexes=[{'columns': ['item_key']}]) }}

-- The deadline of every spell as it stood when the spell began. NULL: beyond the calendar (日历未覆盖).
with spells as (

    select * from {{ part('int_sla_spells') }}

),

started as (

    select
        spells.*,
        days.workday_seq + spells.limit_value as close_seq,
        {{ worked_seconds('spells.started_at', 'days') }}
        + spells.limit_value * length.usual_day_seconds as target_seconds,
        length.slot_seconds
    from spells
    cross join {{ ref('int_workday_length') }} as length
    left join {{ ref('int_calendar_days') }} as days
        on spells.unit = 'working_days'
        and {{ local_date('spells.started_at') }} = days.calendar_date

),

dated as (

    select
        started.*,
        coalesce(
            started.given_due_at,
            case started.unit
                when 'minutes' then started.started_at + started.limit_value * interval '1 minute'
                when 'hours' then started.started_at + started.limit_value * interval '1 hour'
                when 'calendar_days' then
                    case
                        when started.to_close_of_day
                            then {{ local_midnight(local_date('started.started_at') ~ ' + started.limit_value + 1') }}
                        else
                            (
                                started.started_at at time zone '{{ var("time_zone") }}'
                                + started.limit_value * interval '1 day'
                            ) at time zone '{{ var("time_zone") }}'
                    end
                when 'working_days' then
                    case
                        when started.to_close_of_day then closing_days.closes_at
                        else {{ moment_in_slot('started.target_seconds', 'slots') }}
                    end
            end
        ) as base_due_at
    from started
    left join {{ ref('int_calendar_days') }} as closing_days
        on started.unit = 'working_days'
        and started.to_close_of_day
        and closing_days.is_workday
        and closing_days.workday_seq = started.close_seq
    left join {{ ref('int_workday_slots') }} as slots
        on started.unit = 'working_days'
        and not started.to_close_of_day
        and {{ reaches_in_slot('started.target_seconds', 'slots', 'started.slot_seconds') }}

)

select
    spell_id,
    item_key,
    work_item_id,
    item_id,
    loop,
    source_table,
    target,
    spell_no,
    started_seq,
    started_at,
    start_reason,
    starts_suspended,
    severity,
    station_id,
    ended_seq,
    ended_at,
    end_kind,
    policy_id,
    charged_to,
    limit_value,
    unit,
    to_close_of_day,
    extendable,
    warn_minutes,
    is_confirmed,
    base_due_at
from dated
