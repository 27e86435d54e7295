-- The state after every event, carried forward in one sweep over an item's events.
with events as (

    select * from {{ ref('int_item_events') }}

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

-- what each event would make of the item's position
moved as (

    select
        events.*,
        case
            when events.kind = 'opening' then first_stages.stage
            when events.is_sent_to_rework then events.next_on_failed
            else standing.next_stage
        end as expects
    from events
    left join first_stages on events.loop = first_stages.loop
    left join stages as standing on events.loop = standing.loop and events.stands_at = standing.stage

),

expecting as (

    select
        moved.*,
        case when moved.effect = 'return' then 'centre' else expected.actor end as expects_of
    from moved
    left join stages as expected on moved.loop = expected.loop and moved.expects = expected.stage

),

-- an item that was closed can be closed again only after it was reopened
epochs as (

    select
        *,
        count(*) filter (where effect = 'reopen') over so_far as epoch
    from expecting
    window so_far as (partition by work_item_id order by event_seq rows unbounded preceding)

),

closings as (

    select
        *,
        min(event_seq) filter (where is_closing or effect = 'cancel') over (
            partition by work_item_id, epoch
            order by event_seq
        ) as closed_by_seq
    from epochs

),

openness as (

    select
        *,
        closed_by_seq is null as is_open,
        coalesce(closed_by_seq = event_seq, false) as closes,
        -- it found the item open, or opens it
        coalesce(closed_by_seq = event_seq, true) as is_live
    from closings

),

setters as (

    select
        *,
        kind = 'opening' or (is_live and (is_step or effect in ('return', 'reassign', 'reopen')))
            as sets_position,
        -- the item's own severity stands in its opening; without one, the first event that names one sets it
        severity is not null
        and (coalesce(effect = 'recolour', false) or count(severity) over so_far = 1) as sets_severity,
        station_id is not null and (kind = 'opening' or effect = 'reassign') as sets_station,
        is_live and not closes and effect = 'suspend' as suspends,
        effect = 'resume' or closes as lifts_suspension
    from openness
    window so_far as (partition by work_item_id order by event_seq rows unbounded preceding)

),

swept as (

    select
        *,

        ---------- position
        {{ carried('stands_at', 'sets_position') }} as carried_stage,
        {{ carried('expects', 'sets_position') }} as carried_next_stage,
        {{ carried('expects_of', 'sets_position') }} as carried_holder_kind,
        max(effective_at) filter (where sets_position) over so_far as carried_stage_entered_at,
        max(event_seq) filter (where sets_position) over so_far as position_seq,
        max(event_seq) filter (where sets_position and (is_sent_to_rework or effect = 'return')) over so_far
            as rework_seq,

        ---------- attributes
        {{ carried('severity', 'sets_severity') }} as carried_severity,
        {{ carried('station_id', 'sets_station') }} as carried_station_id,
        {{ carried('department_id', 'department_id is not null') }} as carried_department_id,
        {{ carried('post_id', 'post_id is not null') }} as carried_post_id,
        {{ carried('outcome', 'is_step') }} as carried_outcome,

        substr(
            min(lpad(event_seq::text, 9, '0') || severity) filter (where sets_severity) over so_far, 10
        ) as severity_at_issue,

        ---------- how and when it was closed
        {{ carried("case when is_closing then 'closed' else 'cancelled' end", 'closes') }} as carried_closed_as,
        max(effective_at) filter (where closes) over so_far as last_closed_at,

        ---------- suspension
        max(event_seq) filter (where suspends) over so_far as suspended_by_seq,
        max(event_seq) filter (where lifts_suspension) over so_far as lifted_by_seq,

        lead(effective_at) over so_far as next_at
    from setters
    window so_far as (partition by work_item_id order by event_seq rows unbounded preceding)

),

states as (

    select

        ---------- ids
        work_item_id,
        event_seq,
        loop,
        event_id,

        ---------- when
        effective_at as valid_from,
        next_at as valid_to,

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
        lag(carried_severity) over so_far as severity_before,

        ---------- where it stands
        is_open,
        case when is_open then 'open' else carried_closed_as end as status,
        case when not is_open then last_closed_at end as ended_at,
        carried_stage as stage,
        carried_stage_entered_at as stage_entered_at,
        carried_severity as severity,
        severity_at_issue,
        carried_outcome as outcome,
        case when is_open then carried_next_stage end as next_stage,
        is_open and coalesce(rework_seq = position_seq, false) as is_returned,
        is_open and coalesce(suspended_by_seq > coalesce(lifted_by_seq, -1), false) as is_suspended,

        ---------- in whose hands
        carried_station_id as station_id,
        carried_department_id as department_id,
        carried_post_id as post_id,
        case when is_open then carried_holder_kind end as holder_kind
    from swept
    window so_far as (partition by work_item_id order by event_seq rows unbounded preceding)

),

held as (

    select
        states.*,
        case states.holder_kind
            when 'centre' then stations.bureau_id
            when 'station' then states.station_id
            when 'post' then coalesce(states.post_id, states.station_id)
            when 'department' then states.department_id
        end as holder_id
    from states
    left join stations on states.station_id = stations.station_id

)

select * from held
