{{ config(
    materialized='incremental',
    meta={'touched_by': 'int_touched_places', 'touched_key': 'place_id', 'touched_since': true}
) }}

{#- Running sums of dated changes: a call enters the window when it comes, passes from it into the history 30 days later,
    and leaves the history 334 days after that. A window of one call is no repeat and has no row: a call that stands
    alone enters no window, and what changes after the last call that does not is left out. -#}

-- Numbers in the order of their names: sorting by them takes a third of the time.
with categories as materialized (

    select
        category,
        row_number() over (order by category)::integer as category_no
    from (
        select category from {{ ref('int_place_calls') }} group by category
        union
        select 'all'
    ) as named

),

-- Each call counts in its category and in all together.
levels as materialized (

    select
        category,
        category_no as level_no
    from categories
    where category <> 'all'

    union all

    select
        categories.category,
        every.category_no
    from categories
    inner join categories as every on every.category = 'all'
    where categories.category <> 'all'

),

-- In the order of places from here on, so that every later sort is of one place's rows.
calls as materialized (

    select
        place_id,
        category,
        received_at,
        leaves_at,
        forgotten_at,
        caller,
        is_merged,
        coalesce(
            (place_id, caller) in (select often.place_id, often.caller from {{ ref('int_place_callers') }} as often), false
        ) as calls_often
    from {{ ref('int_place_calls') }}
    {% if var('catch_up') -%}
    where place_id in (select touched.place_id from {{ ref('int_touched_places') }} as touched)
    {%- endif %}
    order by place_id

),

-- Most callers call once. The others are counted from a call until the window leaves it, or until the same caller's
-- next call takes its place.
linked as (

    select
        calls.place_id,
        levels.level_no,
        calls.received_at,
        calls.leaves_at,
        calls.forgotten_at,
        calls.is_merged,
        calls.caller is not null as is_new_caller,
        calls.caller is not null as is_last_call
    from calls
    inner join levels using (category)
    where not calls.calls_often

    union all

    select
        calls.place_id,
        levels.level_no,
        calls.received_at,
        calls.leaves_at,
        calls.forgotten_at,
        calls.is_merged,
        coalesce(lag(calls.leaves_at) over same_caller <= calls.received_at, true),
        coalesce(lead(calls.received_at) over same_caller >= calls.leaves_at, true)
    from calls
    inner join levels using (category)
    where calls.calls_often
    window same_caller as (partition by calls.place_id, levels.level_no, calls.caller order by calls.received_at)

),

-- Another call is in the window when this one comes, or comes before it leaves.
met as (

    select
        *,
        coalesce(
            max(leaves_at) over (in_order rows between unbounded preceding and 1 preceding) > received_at
            or lead(received_at) over (in_order rows between unbounded preceding and 1 preceding) < leaves_at,
            false
        ) as is_repeat
    from linked
    window in_order as (partition by place_id, level_no order by received_at)

),

bounded as (

    select
        *,
        least(max(leaves_at) filter (where is_repeat) over (partition by place_id, level_no), {{ as_of() }}) as last_at
    from met

),

-- step 1: it comes; 2: it leaves the window, most often for the history; 3: it is forgotten
changes as (

    select
        bounded.place_id,
        bounded.level_no,
        case steps.step
            when 1 then bounded.received_at
            when 2 then bounded.leaves_at
            else bounded.forgotten_at
        end as changed_at,
        case when bounded.is_repeat and not bounded.is_merged then steps.in_window else 0 end as calls,
        case when bounded.is_repeat and bounded.is_merged then steps.in_window else 0 end as merged_calls,
        case
            when not bounded.is_repeat then 0
            when steps.step = 1 then bounded.is_new_caller::integer
            when steps.step = 2 then -bounded.is_last_call::integer
            else 0
        end as callers,
        case when bounded.forgotten_at is not null then steps.in_history else 0 end as history_calls
    from bounded
    -- not lateral: such a list is read anew for every row
    cross join (values (1, 1, 0), (2, -1, 1), (3, 0, -1)) as steps (step, in_window, in_history)
    where
        bounded.received_at < bounded.last_at
        and case steps.step
            when 1 then bounded.is_repeat
            when 2 then bounded.leaves_at <= bounded.last_at
            else bounded.forgotten_at <= bounded.last_at
        end

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
{% if var('catch_up') -%}
inner join {{ ref('int_touched_places') }} as touched on summed.place_id = touched.place_id
{%- endif %}
where
    summed.calls + summed.merged_calls >= 2
    and summed.valid_to is distinct from summed.changed_at
    {% if var('catch_up') -%}
    and {{ lasts_until('summed', 'touched') }}
    {%- endif %}
