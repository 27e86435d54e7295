-- A cell is a loop × station × stage × severity. Everything that changes how many items stand in a cell
-- becomes a count dated by its local day; stocks are running sums of these, never a join of days with items.
-- A build that catches up takes from the counts what the touched items had given them, and adds what they give now.
with told as (

    select 1 as sign, states.* from {{ part('int_item_states') }} as states
    {% if var('catch_up') %}
    union all
    select -1 as sign, states.* from {{ part_before('int_item_states') }} as states
    {% endif %}

),

states as (

    select
        sign,
        item_key,
        event_seq,
        loop,
        station_id,
        -- An item that has not reached any stage stands before the first one.
        coalesce(stage, 'none') as stage,
        coalesce(severity, 'none') as severity,
        status,
        is_open,
        {{ local_date('valid_from') }} as from_day,
        {{ local_date('valid_to') }} as to_day
    from told
    -- of several states at one instant the last one holds
    where valid_to is null or valid_to > valid_from

),

neighbours as (

    select
        *,
        lag(station_id) over item as station_before,
        lag(stage) over item as stage_before,
        lag(severity) over item as severity_before,
        lag(status) over item as status_before,
        lead(station_id) over item as station_after,
        lead(stage) over item as stage_after,
        lead(severity) over item as severity_after,
        lead(status) over item as status_after
    from states
    window item as (partition by sign, item_key order by event_seq)

),

moves as (

    select
        sign,
        loop,
        station_id,
        stage,
        severity,
        from_day,
        to_day,
        status_before is null as opens,
        is_open and (
            status_before is distinct from 'open'
            or (station_before, stage_before, severity_before) <> (station_id, stage, severity)
        ) as enters,
        is_open and to_day is not null and (
            status_after is distinct from 'open'
            or (station_after, stage_after, severity_after) <> (station_id, stage, severity)
        ) as leaves,
        status = 'closed' and (status_before is distinct from 'closed') as closes,
        status = 'cancelled' and (status_before is distinct from 'cancelled') as cancels
    from neighbours

),

arrivals as (

    select
        loop,
        station_id,
        stage,
        severity,
        from_day as changed_on,
        sum(sign) filter (where opens) as opened_items,
        sum(sign) filter (where enters) as entered_items,
        0 as left_items,
        sum(sign) filter (where closes) as closed_items,
        sum(sign) filter (where cancels) as cancelled_items,
        0 as overdue_items,
        0 as overdue_targets
    from moves
    where opens or enters or closes or cancels
    group by loop, station_id, stage, severity, from_day

),

departures as (

    select
        loop,
        station_id,
        stage,
        severity,
        to_day as changed_on,
        0 as opened_items,
        0 as entered_items,
        sum(sign) as left_items,
        0 as closed_items,
        0 as cancelled_items,
        0 as overdue_items,
        0 as overdue_targets
    from moves
    where leaves
    group by loop, station_id, stage, severity, to_day

),

overdue_told as (

    select 1 as sign, spans.* from {{ part('int_overdue_spans') }} as spans
    {% if var('catch_up') %}
    union all
    select -1 as sign, spans.* from {{ part_before('int_overdue_spans') }} as spans
    {% endif %}

),

overdue_spans as (

    select
        loop,
        station_id,
        coalesce(stage, 'none') as stage,
        coalesce(severity, 'none') as severity,
        sign * items as items,
        sign * targets as targets,
        {{ local_date('overdue_from') }} as from_day,
        {{ local_date('overdue_to') }} as to_day
    from overdue_told

),

overdue_steps as (

    select loop, station_id, stage, severity, from_day as changed_on, items, targets
    from overdue_spans
    union all
    select loop, station_id, stage, severity, to_day, -items, -targets
    from overdue_spans
    where to_day is not null

),

breaches as (

    select
        loop,
        station_id,
        stage,
        severity,
        changed_on,
        0 as opened_items,
        0 as entered_items,
        0 as left_items,
        0 as closed_items,
        0 as cancelled_items,
        sum(items) as overdue_items,
        sum(targets) as overdue_targets
    from overdue_steps
    group by loop, station_id, stage, severity, changed_on

),

unioned as (

    select * from arrivals
    union all
    select * from departures
    union all
    select * from breaches
    {% if var('catch_up') %}
    union all
    select
        loop,
        station_id,
        stage,
        severity,
        changed_on,
        opened_items,
        entered_items,
        left_items,
        closed_items,
        cancelled_items,
        overdue_items_change,
        overdue_targets_change
    from {{ as_it_was('intermediate', 'int_cell_changes') }}
    {% endif %}

),

final as (

    select
        loop,
        station_id,
        stage,
        severity,
        changed_on,
        coalesce(sum(opened_items), 0)::bigint as opened_items,
        coalesce(sum(entered_items), 0)::bigint as entered_items,
        coalesce(sum(left_items), 0)::bigint as left_items,
        coalesce(sum(closed_items), 0)::bigint as closed_items,
        coalesce(sum(cancelled_items), 0)::bigint as cancelled_items,
        coalesce(sum(overdue_items), 0)::bigint as overdue_items_change,
        coalesce(sum(overdue_targets), 0)::bigint as overdue_targets_change
    from unioned
    group by loop, station_id, stage, severity, changed_on

)

-- what came and went within a day has changed nothing
select
    *,
    -- sorting by a number takes a quarter of the time; a test holds it unique
    hashtextextended(concat_ws('|', loop, station_id, stage, severity), 0) as cell_key
from final
where
    (opened_items, entered_items, left_items, closed_items, cancelled_items, overdue_items_change, overdue_targets_change)
    <> (0, 0, 0, 0, 0, 0, 0)
