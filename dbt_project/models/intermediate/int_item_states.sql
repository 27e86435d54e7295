{{ config(
    materialized='incremental',
    indexes=[{'columns': ['item_key']}],
    meta={'keeps_before': true},
    post_hook=[
        "{{ partial_index('valid_from', is_answer()) }}",
        "{{ partial_index('station_id, valid_from', is_answer(), answers='status') }}",
        "{{ partial_index('station_id, (' ~ local_date('valid_from') ~ ')', is_inspection()) }}",
    ]
) }}

-- The state after every event, carried forward in one sweep over an item's events.
with events as (

    select
        *,
        is_closing or coalesce(effect = 'cancel', false) as would_close,
        coalesce(effect = 'reopen', false) as reopens
    from {{ part('int_item_events') }}

),

stages as (

    select * from {{ ref('int_loop_stages') }}

),

first_stages as (

    select loop, stage from stages where is_first

),

stations as (

    select station_id, bureau_id from {{ ref('stg_stations') }} where is_effective

),

-- once closed, only a reopening opens an item again
openness as (

    select
        *,
        coalesce(
            max(event_seq) filter (where reopens) over so_far > max(event_seq) filter (where would_close) over so_far,
            max(event_seq) filter (where would_close) over so_far is null
        ) as is_open,
        count(severity) over so_far as severities_so_far,
        lead(effective_at) over so_far as next_at
    from events
    window so_far as (partition by item_key order by event_seq rows unbounded preceding)

),

changes as (

    select
        *,
        lag(is_open, 1, true) over (partition by item_key order by event_seq) as was_open
    from openness

),

setters as (

    select
        *,
        was_open or reopens as is_live,
        was_open and not is_open as closes,
        kind = 'opening'
        or (was_open and (is_step or effect in ('return', 'reassign')))
        or reopens as sets_position,
        -- the item's own severity stands in its opening; without one, the first event that names one sets it
        severity is not null and (severities_so_far = 1 or coalesce(effect = 'recolour', false)) as sets_severity,
        station_id is not null and (kind = 'opening' or effect = 'reassign') as sets_station
    from changes

),

swept as (

    select

        ---------- ids
        item_key,
        work_item_id,
        event_seq,
        loop,
        event_id,

        ---------- when
        effective_at,
        next_at,

        ---------- what happened
        cause,
        kind,
        stage as event_stage,
        effect,
        is_step,
        is_live,
        is_failed,
        outcome as event_outcome,
        due_at as event_due_at,
        sets_severity,

        ---------- where it stands
        is_open,
        {{ carried("case when is_closing then 'closed' else 'cancelled' end", 'closes') }} as closed_as,
        max(effective_at) filter (where closes) over so_far as closed_at,
        {{ carried('stands_at', 'sets_position') }} as stage,
        max(effective_at) filter (where sets_position) over so_far as stage_entered_at,
        max(event_seq) filter (where sets_position) over so_far as position_seq,
        max(event_seq) filter (where sets_position and is_sent_to_rework) over so_far as failure_seq,
        max(event_seq) filter (where sets_position and effect = 'return') over so_far as return_seq,
        coalesce(
            max(event_seq) filter (where sets_position and effect = 'return') over before
            = max(event_seq) filter (where sets_position) over before,
            false
        ) as was_sent_back,
        {{ carried('outcome', 'is_step') }} as outcome,
        {{ carried('severity', 'sets_severity') }} as severity,
        max(event_seq) filter (where was_open and is_open and effect = 'suspend') over so_far as suspended_seq,
        max(event_seq) filter (where closes or effect = 'resume') over so_far as lifted_seq,

        ---------- in whose hands
        {{ carried('station_id', 'sets_station') }} as station_id,
        {{ carried('department_id', 'department_id is not null') }} as department_id,
        {{ carried('post_id', 'post_id is not null') }} as post_id
    from setters
    window
        so_far as (partition by item_key order by event_seq rows unbounded preceding),
        before as (
            partition by item_key order by event_seq rows between unbounded preceding and 1 preceding
        )

),

-- which stage comes next, and whose move it is
expecting as (

    select
        swept.*,
        coalesce(failure_seq = position_seq, false) as is_failure,
        coalesce(return_seq = position_seq, false) as is_return,
        case
            when not swept.is_open then null
            when swept.stage is null then first_stages.stage
            when failure_seq = position_seq then standing.next_on_failed
            else standing.next_stage
        end as next_stage
    from swept
    left join first_stages on swept.loop = first_stages.loop
    left join stages as standing on swept.loop = standing.loop and swept.stage = standing.stage

),

held as (

    select
        expecting.*,
        case
            when not expecting.is_open then null
            when expecting.is_return then 'centre'
            else expected.actor
        end as holder_kind
    from expecting
    left join stages as expected on expecting.loop = expected.loop and expecting.next_stage = expected.stage

),

states as (

    select

        ---------- ids
        held.item_key,
        held.work_item_id,
        held.event_seq,
        held.loop,
        held.event_id,

        ---------- when
        held.effective_at as valid_from,
        held.next_at as valid_to,

        ---------- what happened
        held.cause,
        held.kind,
        held.event_stage,
        held.effect,
        held.is_step,
        held.is_live,
        held.was_sent_back,
        held.is_failed,
        held.event_outcome,
        held.event_due_at,
        held.sets_severity,

        ---------- where it stands
        held.is_open,
        case when held.is_open then 'open' else held.closed_as end as status,
        case when not held.is_open then held.closed_at end as ended_at,
        held.stage,
        held.stage_entered_at,
        held.severity,
        held.outcome,
        held.next_stage,
        held.is_open and (held.is_failure or held.is_return) as is_returned,
        held.is_open and coalesce(held.suspended_seq > coalesce(held.lifted_seq, -1), false) as is_suspended,

        ---------- in whose hands
        held.station_id,
        held.department_id,
        held.post_id,
        held.holder_kind,
        case held.holder_kind
            when 'centre' then stations.bureau_id
            when 'station' then held.station_id
            when 'post' then coalesce(held.post_id, held.station_id)
            when 'department' then held.department_id
        end as holder_id
    from held
    left join stations on held.station_id = stations.station_id

)

select * from states
