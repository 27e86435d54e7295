{{ config(materialized='incremental', indexes=[{'columns': ['work_item_id']}]) }}

-- The course of every clock in segments. Nearly all of them run straight from start to end; the few that are paused,
-- resumed or extended are followed step by step, because each deadline depends on the one before it.
with recursive spells as not materialized (

    select * from {{ part('int_sla_due') }}

),

steps as not materialized (

    select * from {{ part('int_clock_steps') }}

),

days as not materialized (

    select * from {{ ref('int_calendar_days') }}

),

slots as not materialized (

    select * from {{ ref('int_workday_slots') }}

),

length as (

    select * from {{ ref('int_workday_length') }}

),

moved as (

    select spell_id from steps
    union
    select spell_id from spells where starts_suspended

),

-- one row per spell and state of its clock; held_due_at is the deadline, also while it stands still
course as (

    select
        spells.spell_id,
        0 as step_no,
        spells.started_at as seg_from,
        spells.starts_suspended as is_paused,
        spells.base_due_at as held_due_at,
        case when spells.starts_suspended then spells.started_at end as paused_at,
        case when spells.starts_suspended then {{ worked_seconds('spells.started_at', 'days') }} end
            as paused_worked_seconds,
        spells.unit,
        spells.to_close_of_day
    from moved
    inner join spells on moved.spell_id = spells.spell_id
    left join days on spells.starts_suspended and {{ local_date('spells.started_at') }} = days.calendar_date

    union all

    select
        course.spell_id,
        steps.step_no,
        steps.happened_at,
        case steps.control when 'pause' then true when 'resume' then false else course.is_paused end,
        case
            when steps.control = 'extend' then steps.new_due_at
            when steps.control = 'pause' then course.held_due_at
            when course.unit <> 'working_days'
                then course.held_due_at + (steps.happened_at - course.paused_at)
            -- no working time went by: the deadline is left exactly as it was
            when steps.worked_seconds = course.paused_worked_seconds then course.held_due_at
            when course.to_close_of_day then slots.closes_at
            else {{ moment_in_slot(
                worked_seconds('course.held_due_at', 'days')
                ~ ' + steps.worked_seconds - course.paused_worked_seconds', 'slots') }}
        end,
        case steps.control when 'pause' then steps.happened_at when 'resume' then null else course.paused_at end,
        case steps.control
            when 'pause' then steps.worked_seconds when 'resume' then null else course.paused_worked_seconds
        end,
        course.unit,
        course.to_close_of_day
    from course
    inner join steps on course.spell_id = steps.spell_id and steps.step_no = course.step_no + 1
    cross join length
    left join days
        on steps.control = 'resume'
        and course.unit = 'working_days'
        and {{ local_date('course.held_due_at') }} = days.calendar_date
    left join slots
        on {{ reaches_in_slot(
            worked_seconds('course.held_due_at', 'days')
            ~ ' + steps.worked_seconds - course.paused_worked_seconds', 'slots', 'length.slot_seconds') }}
    where
        -- a breach is for good: whatever comes after it moves nothing
        course.is_paused
        or course.held_due_at is null
        or course.held_due_at >= steps.happened_at
        or course.seg_from = steps.happened_at

),

bounded as (

    select
        spells.spell_id,
        course.step_no,
        spells.work_item_id,
        spells.station_id,
        course.seg_from,
        coalesce(
            lead(course.seg_from) over (partition by course.spell_id order by course.step_no),
            spells.ended_at
        ) as seg_to,
        course.is_paused,
        course.held_due_at
    from course
    inner join spells on course.spell_id = spells.spell_id

),

stepwise as (

    select
        spell_id,
        row_number() over in_order::integer as seg_no,
        lead(step_no) over in_order is null as is_last,
        work_item_id,
        station_id,
        seg_from,
        seg_to,
        is_paused,
        held_due_at
    from bounded
    -- the last state at an instant wins
    where seg_to is null or seg_to > seg_from
    window in_order as (partition by spell_id order by step_no)

),

straight as (

    select
        spells.spell_id,
        1 as seg_no,
        true as is_last,
        spells.work_item_id,
        spells.station_id,
        spells.started_at as seg_from,
        spells.ended_at as seg_to,
        false as is_paused,
        spells.base_due_at as held_due_at
    from spells
    left join moved on spells.spell_id = moved.spell_id
    where
        moved.spell_id is null
        -- a spell that ended at the instant it began has no segment
        and (spells.ended_at is null or spells.ended_at > spells.started_at)

),

segments as (

    select * from stepwise
    union all
    select * from straight

)

select
    spell_id,
    seg_no,
    is_last,
    work_item_id,
    station_id,
    seg_from,
    seg_to,
    case when is_paused then 'paused' else 'running' end as phase,
    case when not is_paused then held_due_at end as due_at,
    held_due_at,
    -- strictly later: what is stopped exactly when it is due is met
    case
        when not is_paused and held_due_at < coalesce(seg_to, 'infinity') then greatest(held_due_at, seg_from)
    end as breached_at
from segments
