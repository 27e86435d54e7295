{#- Running sums of dated changes: a call enters the window when it comes, passes from it into the history 30 days later,
    and leaves the history 334 days after that. One sort, whatever the size. -#}
{%- set memory = var('place_window_days') + var('place_history_days') -%}

with levels as (

    select
        place_id,
        category,
        received_at,
        withdrawn_at,
        caller,
        is_merged
    from {{ ref('int_place_calls') }}

    union all

    select
        place_id,
        'all',
        received_at,
        withdrawn_at,
        caller,
        is_merged
    from {{ ref('int_place_calls') }}

),

-- A caller is counted from a call until the window leaves it, or until the same caller's next call takes its place.
timed as (

    select
        *,
        {{ days_later('received_at', var('place_window_days')) }} as window_ends_at,
        {{ days_later('received_at', memory) }} as memory_ends_at
    from levels

),

linked as (

    select
        place_id,
        category,
        received_at,
        withdrawn_at,
        is_merged,
        window_ends_at,
        memory_ends_at,
        caller is not null as is_known,
        least(window_ends_at, withdrawn_at) as leaves_at,
        lag(least(window_ends_at, withdrawn_at)) over same_caller as before_leaves_at,
        lead(received_at) over same_caller as again_at
    from timed
    window same_caller as (partition by place_id, category, caller order by received_at)

),

changes as (

    select
        place_id,
        category,
        received_at as changed_at,
        (not is_merged)::integer as calls,
        is_merged::integer as merged_calls,
        (is_known and (before_leaves_at is null or before_leaves_at <= received_at))::integer as callers,
        0 as history_calls
    from linked

    union all

    select
        place_id,
        category,
        leaves_at,
        - (not is_merged)::integer,
        - is_merged::integer,
        - (is_known and (again_at is null or again_at >= leaves_at))::integer,
        (not is_merged and (withdrawn_at is null or withdrawn_at > leaves_at))::integer
    from linked

    union all

    select
        place_id,
        category,
        least(memory_ends_at, withdrawn_at),
        0,
        0,
        0,
        -1
    from linked
    where not is_merged and (withdrawn_at is null or withdrawn_at > window_ends_at)

),

moments as (

    select
        place_id,
        category,
        changed_at,
        sum(calls) as calls,
        sum(merged_calls) as merged_calls,
        sum(callers) as callers,
        sum(history_calls) as history_calls
    from changes
    where changed_at <= {{ as_of() }}
    group by place_id, category, changed_at

)

select
    place_id,
    category,
    changed_at as valid_from,
    lead(changed_at) over so_far as valid_to,
    (sum(calls) over so_far)::integer as calls,
    (sum(merged_calls) over so_far)::integer as merged_calls,
    (sum(callers) over so_far)::integer as callers,
    (sum(history_calls) over so_far)::integer as history_calls,
    history_calls::integer as history_change
from moments
window so_far as (partition by place_id, category order by changed_at)
