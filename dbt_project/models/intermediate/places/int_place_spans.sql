{#- Running sums of dated changes: a call enters the window when it comes, passes from it into the history 30 days later,
    and leaves the history 334 days after that. One sort of numbers, whatever the size. -#}
{%- set memory = var('place_window_days') + var('place_history_days') -%}
{{ config(pre_hook="set local work_mem = '256MB'") }}

with calls as (

    select
        place_id,
        category,
        received_at,
        withdrawn_at,
        caller,
        is_merged,
        {{ days_later('received_at', var('place_window_days')) }} as window_ends_at,
        {{ days_later('received_at', memory) }} as memory_ends_at
    from {{ ref('int_place_calls') }}

),

-- Numbers in the order of their names: sorting by them takes a third of the time.
categories as (

    select
        category,
        row_number() over (order by category)::integer as category_no
    from (
        select category from {{ ref('int_place_calls') }}
        union
        select 'all'
    ) as named

),

-- Most callers call once. The others are counted from a call until the window leaves it, or until the same caller's
-- next call takes its place.
often as (

    select
        place_id,
        caller
    from {{ ref('int_place_calls') }}
    where caller is not null
    group by place_id, caller
    having count(*) > 1

),

known as (

    select
        calls.*,
        categories.category_no,
        every.category_no as all_no,
        often.caller is not null as calls_often
    from calls
    inner join categories using (category)
    inner join categories as every on every.category = 'all'
    left join often using (place_id, caller)

),

linked as (

    select
        place_id,
        level_no,
        received_at,
        withdrawn_at,
        is_merged,
        window_ends_at,
        memory_ends_at,
        caller is not null as is_new_caller,
        caller is not null as is_last_call
    from known
    cross join lateral (values (category_no), (all_no)) as level (level_no)
    where not calls_often

    union all

    select
        place_id,
        level_no,
        received_at,
        withdrawn_at,
        is_merged,
        window_ends_at,
        memory_ends_at,
        coalesce(lag(least(window_ends_at, withdrawn_at)) over same_caller <= received_at, true),
        coalesce(lead(received_at) over same_caller >= least(window_ends_at, withdrawn_at), true)
    from known
    cross join lateral (values (category_no), (all_no)) as level (level_no)
    where calls_often
    window same_caller as (partition by place_id, level_no, caller order by received_at)

),

changes as (

    select
        place_id,
        level_no,
        change.changed_at,
        change.calls,
        change.merged_calls,
        change.callers,
        change.history_calls
    from linked
    cross join lateral (
        values
        (received_at, (not is_merged)::integer, is_merged::integer, is_new_caller::integer, 0),
        (
            least(window_ends_at, withdrawn_at),
            -(not is_merged)::integer,
            -is_merged::integer,
            -is_last_call::integer,
            (not is_merged and (withdrawn_at is null or withdrawn_at > window_ends_at))::integer
        ),
        (
            case
                when not is_merged and (withdrawn_at is null or withdrawn_at > window_ends_at)
                    then least(memory_ends_at, withdrawn_at)
            end,
            0,
            0,
            0,
            -1
        )
    ) as change (changed_at, calls, merged_calls, callers, history_calls)
    where change.changed_at <= {{ as_of() }}

),

-- Several changes at one moment: all but the last span last no time.
summed as (

    select
        place_id,
        level_no,
        changed_at,
        lead(changed_at) over so_far as valid_to,
        sum(calls) over so_far as calls,
        sum(merged_calls) over so_far as merged_calls,
        sum(callers) over so_far as callers,
        sum(history_calls) over so_far as history_calls
    from changes
    window so_far as (
        partition by place_id, level_no order by changed_at
        rows between unbounded preceding and current row
    )

)

select
    summed.place_id,
    categories.category,
    summed.changed_at as valid_from,
    summed.valid_to,
    summed.calls::integer as calls,
    summed.merged_calls::integer as merged_calls,
    summed.callers::integer as callers,
    summed.history_calls::integer as history_calls
from summed
inner join categories on summed.level_no = categories.category_no
where summed.valid_to is distinct from summed.changed_at
