-- Running sums against the slow way: on a few days, count the items whose interval holds when the day ends, and
-- those of them with a confirmed deadline passed. Otherwise a sum that drifts would drift for ever, unseen. A build that
-- catches up counts the last day: what drifted before it has stayed in the sum.
with last_days as (

    select
        loops.loop,
        days.station_id,
        max(days.metric_date) as last_day
    from {{ ref('int_covered_days') }} as days
    inner join {{ ref('loops') }} as loops using (source_table)
    group by loops.loop, days.station_id

),

samples as (

    select
        days.station_id,
        loops.loop,
        days.metric_date,
        days.day_ends_at
    from {{ ref('int_covered_days') }} as days
    inner join {{ ref('loops') }} as loops using (source_table)
    inner join last_days
        on
            loops.loop = last_days.loop
            and days.station_id = last_days.station_id
            and last_days.last_day - days.metric_date in ({{ '0' if var('catch_up') else '0, 1, 30, 365' }})

),

moments as (

    select distinct day_ends_at from samples

),

-- how far back to look for intervals by how long they lasted, or everything that ever was is looked at
reaches (lasting, reach) as (

    values (1, interval '1 day'), (8, interval '8 days'), (64, interval '64 days'), (0, interval '1000 years')

),

standing as (

    select
        moments.day_ends_at,
        states.loop,
        states.station_id,
        states.work_item_id
    from moments
    cross join reaches
    cross join lateral (
        select
            stages.loop,
            stages.station_id,
            stages.work_item_id
        from {{ ref('fct_loop_stages') }} as stages
        where
            stages.lasting = reaches.lasting
            and stages.valid_from >= moments.day_ends_at - reaches.reach
            and stages.valid_from < moments.day_ends_at
            and (stages.valid_to is null or stages.valid_to >= moments.day_ends_at)
        offset 0
    ) as states

),

open_then as (

    select
        samples.loop,
        samples.station_id,
        samples.metric_date,
        samples.day_ends_at,
        standing.work_item_id
    from samples
    inner join standing using (loop, station_id, day_ends_at)

),

overdue_then as (

    select distinct
        open_then.metric_date,
        open_then.work_item_id
    from open_then
    inner join {{ ref('fct_sla_targets') }} as targets
        on
            open_then.work_item_id = targets.work_item_id
            and targets.is_confirmed
            and targets.breached_at < open_then.day_ends_at
            and (
                targets.ended_at is null
                or (targets.ended_at >= open_then.day_ends_at and targets.breached_at < targets.ended_at)
            )

),

slow as (

    select
        open_then.loop,
        open_then.station_id,
        open_then.metric_date,
        count(*) as open_items,
        count(overdue_then.work_item_id) as overdue_items
    from open_then
    left join overdue_then using (metric_date, work_item_id)
    group by open_then.loop, open_then.station_id, open_then.metric_date

),

fast as (

    select
        loop,
        station_id,
        metric_date,
        sum(open_items) as open_items,
        sum(overdue_items) as overdue_items
    from {{ ref('rollup_loop_daily') }}
    group by loop, station_id, metric_date

)

select
    samples.loop,
    samples.station_id,
    samples.metric_date,
    fast.open_items,
    slow.open_items as open_items_slowly,
    fast.overdue_items,
    slow.overdue_items as overdue_items_slowly
from samples
left join slow using (loop, station_id, metric_date)
left join fast using (loop, station_id, metric_date)
where
    coalesce(fast.open_items, 0) <> coalesce(slow.open_items, 0)
    or coalesce(fast.overdue_items, 0) <> coalesce(slow.overdue_items, 0)
