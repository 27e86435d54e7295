{{ config(materialized='incremental', indexes=[{'columns': ['item_key']}]) }}

-- The story of every item in order: its opening, then the events that count, then its withdrawal if it had one.
-- What is said to have happened before the opening is taken to have happened at the opening.
with items as (

    select * from {{ part('int_work_items') }}

),

moves as (

    select move, effect from {{ ref('moves') }}

),

loops as (

    select * from {{ ref('loops') }}

),

stages as (

    select * from {{ ref('int_loop_stages') }}

),

openings as (

    select
        item_key,
        work_item_id,
        loop,
        'opening' as kind,
        null::text as event_id,
        null::text as stage,
        null::text as move,
        null::text as effect,
        opened_at as occurred_at,
        opened_at as effective_at,
        false as is_late_recorded,
        severity,
        null::timestamptz as due_at,
        station_id,
        department_id,
        post_id,
        null::text as outcome,
        -1 as instant_order
    from items

),

happenings as (

    select
        items.item_key,
        items.work_item_id,
        items.loop,
        case when events.stage is not null then 'stage' else 'move' end as kind,
        events.event_id,
        events.stage,
        events.move,
        moves.effect,
        events.occurred_at,
        greatest(events.occurred_at, items.opened_at) as effective_at,
        events.is_late_recorded,
        events.severity,
        events.due_at,
        events.station_id,
        events.department_id,
        events.post_id,
        events.outcome,
        -- at one instant stages go in the loop's order, moves after them
        case when events.stage is not null then coalesce(stages.ordinal, 99) else 100 end as instant_order
    from {{ part_of_events() }} as events
    inner join items on events.work_item_id = items.work_item_id
    left join stages on events.loop = stages.loop and events.stage = stages.stage
    left join moves on events.move = moves.move and events.stage is null
    where events.counts

),

withdrawals as (

    select
        item_key,
        work_item_id,
        loop,
        'withdrawal' as kind,
        null::text as event_id,
        null::text as stage,
        null::text as move,
        'cancel' as effect,
        withdrawn_at as occurred_at,
        greatest(withdrawn_at, opened_at) as effective_at,
        false as is_late_recorded,
        null::text as severity,
        null::timestamptz as due_at,
        null::text as station_id,
        null::text as department_id,
        null::text as post_id,
        null::text as outcome,
        1000 as instant_order
    from items
    where is_withdrawn

),

story as (

    select * from openings
    union all
    select * from happenings
    union all
    select * from withdrawals

),

ordered as (

    select
        story.*,
        -- the opening is 0
        row_number() over (
            partition by item_key
            order by effective_at, instant_order, event_id collate "C"
        )::integer - 1 as event_seq
    from story

),

placed as (

    select
        ordered.item_key,
        ordered.work_item_id,
        ordered.event_seq,
        ordered.loop,
        ordered.event_id,
        ordered.kind,
        case
            when ordered.kind = 'stage' then 'stage:' || ordered.stage
            when ordered.kind = 'move' then 'move:' || ordered.move
            else ordered.kind
        end as cause,
        ordered.stage,
        ordered.move,
        ordered.effect,
        ordered.occurred_at,
        ordered.effective_at,
        ordered.is_late_recorded,
        ordered.severity,
        ordered.due_at,
        ordered.station_id,
        ordered.department_id,
        ordered.post_id,
        ordered.outcome,
        {{ is_failed('ordered.outcome') }} as is_failed,
        stages.ordinal,
        stages.stage_bit,
        coalesce(stages.is_required, false) as is_required,
        -- a stage that the loop does not know moves nothing
        ordered.kind = 'stage' and not coalesce(stages.is_milestone, true) as is_step,
        coalesce(stages.is_closing, false) as is_closing,
        -- where the item stands once this event has moved it
        case
            when ordered.kind = 'stage' then ordered.stage
            when ordered.effect = 'return' then loops.first_stage
            when ordered.effect = 'reassign' then loops.reassign_stage
            when ordered.effect = 'reopen' then loops.reopen_stage
        end as stands_at,
        ordered.kind = 'stage' and {{ is_failed('ordered.outcome') }} and stages.next_on_failed is not null
            as is_sent_to_rework,
        stages.next_on_failed
    from ordered
    left join loops on ordered.loop = loops.loop
    left join stages on ordered.loop = stages.loop and ordered.stage = stages.stage

)

select * from placed
