{{ config(materialized='ephemeral') }}

-- From a start to the first end after it, for every item × target. While a clock runs a further start changes nothing;
-- an event that is both ends the old spell and starts a new one.
with states as not materialized (

    select * from {{ part('int_item_states') }}

),

triggers as (

    select * from {{ ref('int_sla_triggers') }}

),

policies as (

    select * from {{ ref('int_sla_policies') }}

),

heard as (

    select
        states.item_key,
        states.event_seq,
        triggers.target_no,
        triggers.target,
        states.loop,
        states.valid_from as happened_at,
        states.severity,
        states.station_id,
        states.is_suspended,
        triggers.end_kind,
        triggers.start_reason,
        policies.policy_id
    from states
    inner join triggers
        on states.loop = triggers.loop
        and case when states.kind = 'stage' then 'stage:' || states.event_stage else 'move:' || states.effect end
        = triggers.trigger
    -- no policy, no start: then the event is at most an end
    left join policies
        on triggers.start_reason is not null
        and states.is_live
        and (
            triggers.start_outcome is null
            or (triggers.start_outcome = 'failed' and states.is_failed)
            or triggers.start_outcome = states.event_outcome
        )
        and (triggers.only_if_sent_back is not true or states.was_sent_back)
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
        lag(policy_id is not null, 1, false) over (partition by item_key, target_no order by event_seq) as was_running
    from heard

),

-- without the starts that find the clock running, whatever follows a start is its end
alternating as (

    select
        *,
        lead(event_seq) over in_order as ended_seq,
        lead(happened_at) over in_order as ended_at,
        lead(end_kind) over in_order as next_end_kind
    from listened
    where end_kind is not null or not was_running
    window in_order as (partition by item_key, target_no order by event_seq)

),

base_spells as (

    select
        item_key,
        loop,
        target,
        event_seq as started_seq,
        happened_at as started_at,
        start_reason,
        severity,
        station_id,
        is_suspended as starts_suspended,
        policy_id,
        ended_seq,
        ended_at,
        next_end_kind as end_kind
    from alternating
    where policy_id is not null

),

recoloured as (

    select distinct item_key from states
    where effect = 'recolour' and sets_severity

),

colours as (

    select
        states.*,
        lag(states.severity) over (partition by states.item_key order by states.event_seq) as severity_before
    from states
    inner join recoloured on states.item_key = recoloured.item_key

),

upgrades as (

    select
        colours.item_key,
        colours.event_seq,
        colours.valid_from as happened_at,
        colours.severity,
        colours.station_id,
        colours.is_suspended
    from colours
    inner join {{ ref('severities') }} as now_severity on colours.severity = now_severity.severity
    inner join {{ ref('severities') }} as old_severity on colours.severity_before = old_severity.severity
    where
        colours.effect = 'recolour'
        and colours.sets_severity
        and now_severity.severity_rank::integer < old_severity.severity_rank::integer

),

-- a higher colour opens a target of its own from then on, beside the one that goes on
upgrade_spells as (

    select
        base_spells.item_key,
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
        on base_spells.item_key = upgrades.item_key
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
        row_number() over (partition by item_key, target order by started_seq)::integer as spell_no
    from spells

),

limits as (

    select distinct on (policy_id) * from policies
    order by policy_id

),

items as (

    select item_key, work_item_id, item_id, source_table, due_at from {{ part('int_work_items') }}

)

select
    items.work_item_id || ':' || numbered.target || ':' || numbered.spell_no as spell_id,
    items.work_item_id,
    items.item_id,
    items.source_table,
    numbered.*,
    limits.charged_to,
    limits.limit_value,
    limits.unit,
    limits.to_close_of_day,
    limits.extendable,
    limits.warn_minutes,
    limits.is_confirmed,
    case when limits.uses_item_due and numbered.start_reason = 'stage' then items.due_at end as given_due_at
from numbered
inner join items on numbered.item_key = items.item_key
inner join limits on numbered.policy_id = limits.policy_id
