-- A cell is a loop × station × stage × severity. Everything that changes how many items stand in a cell
-- becomes a row dated by its local day; stocks are running sums of these, never a join of days with items.
with states as (

    select
        work_item_id,
        loop,
        station_id,
        stage,
        severity,
        status,
        is_open,
        valid_from,
        valid_to,
        lag(event_seq) over item is null as is_first,
        lag(array[station_id, stage, severity, is_open::text]) over item
        is not distinct from array[station_id, stage, severity, is_open::text] as stays_from_before,
        lead(array[station_id, stage, severity, is_open::text]) over item
        is not distinct from array[station_id, stage, severity, is_open::text] as stays_after,
        lag(status) over item as status_before
    from {{ ref('int_item_states') }}
    -- of several states at one instant the last one holds
    where valid_to is null or valid_to > valid_from
    window item as (partition by work_item_id order by event_seq)

),

openings as (

    select
        loop,
        station_id,
        stage,
        severity,
        {{ local_date('valid_from') }} as changed_on,
        'opened' as change
    from states
    where is_first

),

entries as (

    select
        loop,
        station_id,
        stage,
        severity,
        {{ local_date('valid_from') }} as changed_on,
        'entered' as change
    from states
    where is_open and not stays_from_before

),

exits as (

    select
        loop,
        station_id,
        stage,
        severity,
        {{ local_date('valid_to') }} as changed_on,
        'left' as change
    from states
    where is_open and valid_to is not null and not stays_after

),

endings as (

    select
        loop,
        station_id,
        stage,
        severity,
        {{ local_date('valid_from') }} as changed_on,
        status as change
    from states
    where
        status in ('closed', 'cancelled')
        and status is distinct from status_before

),

item_changes as (

    select * from openings
    union all
    select * from entries
    union all
    select * from exits
    union all
    select * from endings

),

item_counts as (

    select
        loop,
        station_id,
        stage,
        severity,
        changed_on,
        count(*) filter (where change = 'opened') as opened_items,
        count(*) filter (where change = 'entered') as entered_items,
        count(*) filter (where change = 'left') as left_items,
        count(*) filter (where change = 'closed') as closed_items,
        count(*) filter (where change = 'cancelled') as cancelled_items,
        0 as overdue_items,
        0 as overdue_targets
    from item_changes
    group by loop, station_id, stage, severity, changed_on

),

overdue_changes as (

    select
        loop,
        station_id,
        stage,
        severity,
        {{ local_date('overdue_from') }} as changed_on,
        items,
        targets
    from {{ ref('int_overdue_spans') }}

    union all

    select
        loop,
        station_id,
        stage,
        severity,
        {{ local_date('overdue_to') }} as changed_on,
        -items as items,
        -targets as targets
    from {{ ref('int_overdue_spans') }}
    where overdue_to is not null

),

overdue_counts as (

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
    from overdue_changes
    group by loop, station_id, stage, severity, changed_on

),

unioned as (

    select * from item_counts
    union all
    select * from overdue_counts

),

final as (

    select
        loop,
        station_id,
        -- An item that has not reached any stage stands before the first one.
        coalesce(stage, 'none') as stage,
        coalesce(severity, 'none') as severity,
        changed_on,
        sum(opened_items)::bigint as opened_items,
        sum(entered_items)::bigint as entered_items,
        sum(left_items)::bigint as left_items,
        sum(closed_items)::bigint as closed_items,
        sum(cancelled_items)::bigint as cancelled_items,
        sum(overdue_items)::bigint as overdue_items_change,
        sum(overdue_targets)::bigint as overdue_targets_change
    from unioned
    group by loop, station_id, coalesce(stage, 'none'), coalesce(severity, 'none'), changed_on

)

select * from final
