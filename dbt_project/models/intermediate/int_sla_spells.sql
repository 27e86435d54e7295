-- From a start to the first end after it, for every item × target. While a clock runs a further start changes nothing;
-- an event that is both ends the old spell and starts a new one.
with states as (

    select
        *,
        case when kind = 'stage' then 'stage:' || event_stage else 'move:' || effect end as trigger
    from {{ ref('int_item_states') }}
    where kind = 'stage' or effect is not null

),

triggers as (

    select * from {{ ref('int_sla_triggers') }}

),

policies as (

    select * from {{ ref('int_sla_policies') }}

),

heard as (

    select
        states.work_item_id,
        states.event_seq,
        states.loop,
        triggers.target,
        states.valid_from as happened_at,
        states.severity,
        states.station_id,
        states.is_suspended,
        triggers.end_kind,
        triggers.start_reason,
        policies.policy_id
    from states
    inner join triggers on states.loop = triggers.loop and states.trigger = triggers.trigger
    -- no policy, no start: then the event is at most an end
    left join policies
        on triggers.start_reason is not null
        and states.is_live
        and (
            triggers.start_outcome is null
            or (triggers.start_outcome = 'failed' and states.is_failed)
            or triggers.start_outcome = states.event_outcome
        )
        and triggers.loop = policies.loop
        and triggers.target = policies.target
        and coalesce(states.severity, '') = policies.for_severity
        and {{ local_date('states.valid_from') }} >= policies.span_from
        and {{ local_date('states.valid_from') }} < policies.span_to
    where triggers.end_kind is not null or policies.policy_id is not null

),

-- after an event that the target hears, its clock runs exactly if that event was a start
listened as (

    select
        *,
        lag(policy_id is not null, 1, false) over in_order as was_running,
        -- the first end after this event: when, and of which kind
        min(happened_at) filter (where end_kind is not null) over coming as next_end_at,
        min(event_seq) filter (where end_kind is not null) over coming as next_end_seq,
        substr(
            min(lpad(event_seq::text, 9, '0') || end_kind) filter (where end_kind is not null) over coming,
            10
        ) as next_end_kind
    from heard
    window
        in_order as (partition by work_item_id, target order by event_seq),
        coming as (
            partition by work_item_id, target
            order by event_seq
            rows between 1 following and unbounded following
        )

),

base_spells as (

    select
        work_item_id,
        loop,
        target,
        event_seq as started_seq,
        happened_at as started_at,
        start_reason,
        severity,
        station_id,
        is_suspended as starts_suspended,
        policy_id,
        next_end_seq as ended_seq,
        next_end_at as ended_at,
        next_end_kind as end_kind
    from listened
    where policy_id is not null and (end_kind is not null or not was_running)

),

upgrades as (

    select
        states.work_item_id,
        states.event_seq,
        states.valid_from as happened_at,
        states.severity,
        states.station_id,
        states.is_suspended
    from states
    inner join {{ ref('severities') }} as now_severity on states.severity = now_severity.severity
    inner join {{ ref('severities') }} as old_severity on states.severity_before = old_severity.severity
    where
        states.effect = 'recolour'
        and states.sets_severity
        and now_severity.severity_rank::integer < old_severity.severity_rank::integer

),

-- a higher colour opens a target of its own from then on, beside the one that goes on
upgrade_spells as (

    select
        base_spells.work_item_id,
        base_spells.loop,
        base_spells.target,
        upgrades.event_seq as started_seq,
        upgrades.happened_at as started_at,
        'upgrade' as start_reason,
        upgrades.severity,
        upgrades.station_id,
        upgrades.is_suspended as starts_suspended,
        policies.policy_id,
        base_spells.ended_seq,
        base_spells.ended_at,
        base_spells.end_kind
    from base_spells
    inner join upgrades
        on base_spells.work_item_id = upgrades.work_item_id
        and upgrades.event_seq > base_spells.started_seq
        and (base_spells.ended_seq is null or upgrades.event_seq < base_spells.ended_seq)
    inner join policies
        on base_spells.loop = policies.loop
        and base_spells.target = policies.target
        and upgrades.severity = policies.for_severity
        and policies.is_specific
        and {{ local_date('upgrades.happened_at') }} >= policies.span_from
        and {{ local_date('upgrades.happened_at') }} < policies.span_to

),

spells as (

    select * from base_spells
    union all
    select * from upgrade_spells

),

numbered as (

    select
        *,
        row_number() over (partition by work_item_id, target order by started_seq)::integer as spell_no
    from spells

),

limits as (

    select distinct on (policy_id) * from policies
    order by policy_id

)

select
    numbered.work_item_id || ':' || numbered.target || ':' || numbered.spell_no as spell_id,
    numbered.*,
    limits.charged_to,
    limits.limit_value,
    limits.unit,
    limits.to_close_of_day,
    limits.uses_item_due,
    limits.extendable,
    limits.warn_minutes,
    limits.is_confirmed
from numbered
inner join limits on numbered.policy_id = limits.policy_id
