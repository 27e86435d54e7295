-- The course of every clock in segments. Nearly all of them run straight from start to end; the few that are paused,
-- resumed or extended are followed step by step, because each deadline depends on the one before it.
with recursive spells as (

    select * from {{ ref('int_sla_due') }}

),

days as (

    select * from {{ ref('int_calendar_days') }}

),

slots as (

    select * from {{ ref('int_workday_slots') }}

),

length as (

    select * from {{ ref('int_workday_length') }}

),

controls as (

    select
        controls.*,
        {{ worked_seconds('controls.happened_at', 'days') }} as worked_seconds
    from {{ ref('int_clock_controls') }} as controls
    left join days on {{ local_date('controls.happened_at') }} = days.calendar_date

),

steps as (

    select
        spells.spell_id,
        controls.control,
        controls.happened_at,
        controls.new_due_at,
        controls.worked_seconds,
        row_number() over (partition by spells.spell_id order by controls.event_seq)::integer as step_no
    from controls
    inner join spells
        on controls.work_item_id = spells.work_item_id
        and controls.event_seq > spells.started_seq
        and (spells.ended_seq is null or controls.event_seq < spells.ended_seq)
    where controls.control <> 'extend' or spells.extendable

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
    from spells
    left join days on spells.starts_suspended and {{ local_date('spells.started_at') }} = days.calendar_date
    where spells.starts_suspended or spells.spell_id in (select spell_id from steps)

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

straight as (

    select
        spell_id,
        0 as step_no,
        started_at as seg_from,
        false as is_paused,
        base_due_at as held_due_at
    from spells
    where not starts_suspended and spell_id not in (select spell_id from steps)

),

segments as (

    select spell_id, step_no, seg_from, is_paused, held_due_at from course
    union all
    select spell_id, step_no, seg_from, is_paused, held_due_at from straight

),

bounded as (

    select
        segments.*,
        spells.work_item_id,
        spells.station_id,
        coalesce(
            lead(segments.seg_from) over (partition by segments.spell_id order by segments.step_no),
            spells.ended_at
        ) as seg_to
    from segments
    inner join spells on segments.spell_id = spells.spell_id

),

-- the last state at an instant wins; a spell that ended at the instant it began has no segment
lasting as (

    select * from bounded
    where seg_to is null or seg_to > seg_from

)

select
    spell_id,
    row_number() over (partition by spell_id order by step_no)::integer as seg_no,
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
from lasting
