{{ config(materialized='incremental', indexes=[{'columns': ['work_item_id']}], meta={'keeps_before': true}) }}

-- Breaches of limits that somebody confirmed. A breach that is still ahead stands here too; the days that
-- have not come yet are cut off where days are counted.
with first_breaches as (

    select
        spell_id,
        min(breached_at) as breached_at
    from {{ part('int_sla_clock') }}
    where breached_at is not null
    group by spell_id

),

breaches as (

    select
        spells.work_item_id,
        first_breaches.breached_at as overdue_from,
        spells.ended_at as overdue_to
    from {{ part('int_sla_due') }} as spells
    inner join first_breaches using (spell_id)
    where
        spells.is_confirmed
        and (spells.ended_at is null or first_breaches.breached_at < spells.ended_at)

),

-- Overlapping breaches of one item are one time of being overdue.
marked as (

    select
        *,
        overdue_from > max(coalesce(overdue_to, 'infinity')) over (
            partition by work_item_id
            order by overdue_from, coalesce(overdue_to, 'infinity')
            rows between unbounded preceding and 1 preceding
        ) as starts_new
    from breaches

),

numbered as (

    select
        *,
        count(*) filter (where coalesce(starts_new, true)) over (
            partition by work_item_id
            order by overdue_from, coalesce(overdue_to, 'infinity')
            rows between unbounded preceding and current row
        ) as span_no
    from marked

),

item_spans as (

    select
        work_item_id,
        1 as items,
        0 as targets,
        min(overdue_from) as overdue_from,
        max(coalesce(overdue_to, 'infinity')) as overdue_to
    from numbered
    group by work_item_id, span_no

),

target_spans as (

    select
        work_item_id,
        0 as items,
        1 as targets,
        overdue_from,
        coalesce(overdue_to, 'infinity') as overdue_to
    from breaches

),

spans as (

    select * from item_spans
    union all
    select * from target_spans

),

-- While overdue, the item may change hands, stage or colour: each part is counted where the item stood.
placed as (

    select
        spans.work_item_id,
        spans.items,
        spans.targets,
        states.loop,
        states.station_id,
        states.stage,
        states.severity,
        greatest(spans.overdue_from, states.valid_from) as overdue_from,
        least(spans.overdue_to, coalesce(states.valid_to, 'infinity')) as overdue_to
    from spans
    inner join {{ part('int_item_states') }} as states
        on
            spans.work_item_id = states.work_item_id
            and states.is_open
            and states.valid_from < spans.overdue_to
            and coalesce(states.valid_to, 'infinity') > spans.overdue_from

)

select
    work_item_id,
    loop,
    station_id,
    stage,
    severity,
    items,
    targets,
    overdue_from,
    nullif(overdue_to, 'infinity') as overdue_to
from placed
