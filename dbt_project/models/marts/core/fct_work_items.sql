{{
    config(
        materialized="incremental",
        indexes=[
            {"columns": ["work_item_id"], "unique": true},
            {"columns": ["station_id", "is_open"]},
            {"columns": ["loop", "opened_at", "station_id"]},
            {"columns": ["place_key"]},
        ]
    )
}}

with items as (

    select * from {{ part('int_work_items') }}

),

present as (

    select * from {{ part('int_present_states') }}

),

targets as (

    select * from {{ part('fct_sla_targets') }}

),

links as (

    select * from {{ part('fct_item_links') }}

),

stations as (

    select station_id, bureau_id from {{ ref('stg_stations') }} where is_effective

),

-- Limits that run from the first stage of a loop to its last.
whole_limits as (

    select distinct
        policies.loop,
        policies.target
    from {{ ref('dim_sla_policy') }} as policies
    inner join {{ ref('dim_loops') }} as loops
        on policies.loop = loops.loop
        and policies.start_stage = loops.first_stage
    inner join {{ ref('dim_loop_stages') }} as stages
        on policies.loop = stages.loop
        and policies.stop_stage = stages.stage
        and stages.closes

),

moment as (

    select {{ as_of() }} as as_of

),

judged as (

    select
        items.item_key,
        greatest(moment.as_of, items.opened_at) as judged_at
    from items
    cross join moment

),

-- what has happened up to the moment of judgement
walked as (

    select
        events.item_key,
        count(events.event_id)::integer as events,
        count(*) filter (where events.is_late_recorded)::integer as late_recorded_events,
        max(events.occurred_at) filter (where events.event_id is not null) as last_event_at,
        {{ last_known('events.move') }} as last_move,
        {{ first_known('events.severity') }} as severity_at_issue,
        count(*) filter (where events.is_sent_to_rework)::integer as rework_count,
        count(*) filter (where events.effect = 'return')::integer as return_count,
        count(*) filter (where events.effect = 'extend' and events.due_at is not null)::integer as extension_count,
        count(*) filter (where events.effect = 'reopen')::integer as reopen_count
    from {{ part('int_item_events') }} as events
    inner join judged on events.item_key = judged.item_key
    where events.effective_at <= judged.judged_at
    group by events.item_key

),

-- An item that was opened again keeps its first ending.
ended as (

    select
        states.item_key,
        min(states.valid_from) filter (where states.status = 'closed') as first_closed_at,
        min(states.valid_from) filter (where states.status = 'cancelled') as first_cancelled_at
    from {{ part('int_item_states') }} as states
    inner join judged on states.item_key = judged.item_key
    where states.status in ('closed', 'cancelled')
        and states.valid_from <= judged.judged_at
        -- of several events at one instant the last one wins
        and (states.valid_to is null or states.valid_to > states.valid_from)
    group by states.item_key

),

-- Whatever the moment: who asks for another one looks its station up only where it ever changed.
moved as (

    select
        item_key,
        min(station_id) <> max(station_id) or count(severity) not in (0, count(*)) as has_moved
    from {{ part('int_item_states') }}
    where valid_to is null or valid_to > valid_from
    group by item_key

),

first_limits as (

    select distinct on (targets.work_item_id)
        targets.work_item_id,
        targets.started_at,
        targets.base_due_at
    from targets
    inner join whole_limits
        on targets.loop = whole_limits.loop
        and targets.target = whole_limits.target
    where targets.is_confirmed
        and targets.base_due_at is not null
    order by targets.work_item_id, targets.started_at, targets.spell_no

),

judged_targets as (

    select
        work_item_id,
        min(due_at) filter (where state in ('running', 'overdue', 'unknown') and is_confirmed) as due_at,
        min(array_position(
            array['overdue', 'unknown', 'running', 'paused', 'no_calendar', 'late', 'met', 'cancelled'], state
        )) filter (where is_confirmed) as worst_rank
    from targets
    group by work_item_id

),

linked as (

    select
        work_item_id,
        jsonb_agg(
            jsonb_build_object('work_item_id', linked_work_item_id, 'relation', relation)
            order by relation, linked_work_item_id
        ) as linked_items
    from links
    group by work_item_id

),

final as (

    select

        ---------- ids
        items.work_item_id,
        items.loop,
        items.item_id,
        items.source_table,
        items.source_no,
        present.station_id,
        items.station_id as opening_station_id,
        stations.bureau_id,

        ---------- what it is
        items.title,
        items.category,
        present.severity,
        walked.severity_at_issue,
        items.place_key,
        items.place,
        linked.linked_items,

        ---------- timestamps
        items.opened_at,
        {{ duty_day('items.opened_at') }} as opened_duty_day,
        case when present.status = 'closed' then present.ended_at end as closed_at,
        case when present.status = 'cancelled' then present.ended_at end as cancelled_at,
        ended.first_closed_at,
        ended.first_cancelled_at,
        walked.last_event_at,

        ---------- where it stands
        present.is_open,
        present.status,
        items.is_withdrawn,
        present.stage,
        present.stage_entered_at,
        present.next_stage,
        present.holder_kind,
        present.holder_id,
        present.department_id,
        present.post_id,
        moved.has_moved,
        coalesce(present.outcome, items.outcome) as outcome,
        walked.last_move,

        ---------- its deadlines
        first_limits.started_at as first_limit_started_at,
        first_limits.base_due_at as first_limit_due_at,
        judged_targets.due_at,
        (array['overdue', 'unknown', 'running', 'paused', 'no_calendar', 'late', 'met', 'cancelled'])[
            judged_targets.worst_rank
        ] as worst_state,

        ---------- how it goes
        present.is_returned,
        walked.rework_count,
        walked.return_count,
        walked.extension_count,
        walked.reopen_count,
        string_to_array(present.missing_stages, ',') as missing_stages,
        walked.late_recorded_events,
        walked.events,

        ---------- lineage
        items.source_file,
        items.source_row,
        items.batch_id
    from items
    inner join present on items.item_key = present.item_key
    inner join walked on items.item_key = walked.item_key
    inner join moved on items.item_key = moved.item_key
    left join ended on items.item_key = ended.item_key
    left join first_limits on items.work_item_id = first_limits.work_item_id
    left join judged_targets on items.work_item_id = judged_targets.work_item_id
    left join linked on items.work_item_id = linked.work_item_id
    left join stations on present.station_id = stations.station_id

)

select * from final
-- What is asked for lies together: the items of a loop that were opened in a period come from few pages.
order by loop, opened_at
