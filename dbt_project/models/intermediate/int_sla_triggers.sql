-- What each target's clock listens to: one row per loop × target × thing that can happen.
-- A start and an end are the same for all severities of a target; a test on sla_policy holds it to that.
with targets as (

    select
        loop,
        target,
        min(start_stage) as start_stage,
        min(nullif(start_outcome::text, '')) as start_outcome,
        min(stop_stage) as stop_stage,
        min(charged_to) as charged_to,
        bool_or(restart_on_reopen::integer = 1) as restart_on_reopen
    from {{ ref('sla_policy') }}
    group by loop, target

),

stages as (

    select * from {{ ref('int_loop_stages') }}

),

from_the_first as (

    select targets.*
    from targets
    inner join stages on targets.loop = stages.loop and targets.start_stage = stages.stage
    where
        targets.charged_to = 'station'
        and targets.start_outcome is null
        and stages.is_first
        and not stages.is_reassign_stage

),

starts as (

    select
        loop,
        target,
        'stage:' || start_stage as trigger,
        'stage' as start_reason,
        start_outcome,
        false as only_if_sent_back
    from targets

    union all

    -- a new station begins anew where the loop hands items out
    select
        targets.loop,
        targets.target,
        'move:reassign',
        'reassign',
        null,
        false
    from targets
    inner join stages
        on targets.loop = stages.loop and targets.start_stage = stages.stage and stages.is_reassign_stage
    where targets.start_outcome is null

    union all

    -- nor does a clock that began with the item fall away when it is handed on: its next station runs a new one
    select
        from_the_first.loop,
        from_the_first.target,
        handed_out.trigger,
        'reassign',
        null,
        handed_out.only_if_sent_back
    from from_the_first
    inner join stages on from_the_first.loop = stages.loop and stages.is_reassign_stage
    cross join
        lateral (values ('move:reassign', false), ('stage:' || stages.stage, true)) as handed_out (trigger, only_if_sent_back)

    union all

    select
        loop,
        target,
        'move:reopen',
        'reopen',
        null,
        false
    from targets
    where restart_on_reopen

),

ends as (

    -- any step at or beyond the stop: who skips 签收 does not leave its clock running
    select
        targets.loop,
        targets.target,
        'stage:' || stages.stage as trigger,
        'stop' as end_kind
    from targets
    inner join stages on targets.loop = stages.loop
    inner join stages as stop on targets.loop = stop.loop and targets.stop_stage = stop.stage
    where
        (stages.ordinal >= stop.ordinal and not stages.is_milestone)
        or stages.stage = stop.stage
        or stages.is_closing

    union all

    select
        loop,
        target,
        'move:cancel',
        'cancel'
    from targets

    union all

    -- waits at the centre are not the station's
    select
        targets.loop,
        targets.target,
        'move:' || handed_back.effect,
        'cancel'
    from targets
    cross join (values ('return'), ('reassign')) as handed_back (effect)
    where targets.charged_to = 'station'

)

select
    coalesce(starts.loop, ends.loop) as loop,
    coalesce(starts.target, ends.target) as target,
    -- what a million rows are sorted by
    dense_rank() over (order by coalesce(starts.target, ends.target))::integer as target_no,
    coalesce(starts.trigger, ends.trigger) as trigger,
    starts.start_reason,
    starts.start_outcome,
    coalesce(starts.only_if_sent_back, false) as only_if_sent_back,
    ends.end_kind
from starts
full join ends
    on starts.loop = ends.loop
    and starts.target = ends.target
    and starts.trigger = ends.trigger
