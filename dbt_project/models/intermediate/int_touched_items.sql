-- The items that a build which catches up makes anew. In a full build there are none: it makes everything.
{% if not var('catch_up') %}

select
    null::text as loop,
    null::text as item_id,
    null::text as work_item_id,
    null::bigint as item_key
where false

{% else %}

with since as (

    select
        batch_id,
        as_of
    from {{ as_it_was('reference', 'caught_up_from') }}

),

{% set keys = {
    'incidents': 'incident_id',
    'disputes': 'dispute_id',
    'directives': 'directive_id',
    'diversions': 'diversion_id',
    'tasks': 'task_id',
} %}
-- What was loaded since: every version of a row or event that has a new one, for it may have named another item.
{% for table, key in keys.items() %}
{{ table }} as (

    select
        loop,
        {{ key }} as item_id
    from {{ ref('stg_' ~ table) }}
    where {{ key }} in (
        select {{ key }} from {{ ref('stg_' ~ table) }}
        where batch_id > (select batch_id from since)
    )

),

{% endfor %}
events as (

    select
        event_id,
        supersedes,
        loop,
        item_id
    from {{ ref('stg_loop_events') }}
    where event_id in (select event_id from {{ ref('stg_loop_events') }} where batch_id > (select batch_id from since))

),

-- an event counts or no longer counts because another one says so
corrected as (

    select
        loop,
        item_id
    from {{ ref('stg_loop_events') }}
    where event_id in (select supersedes from events)

),

loaded as (

    select * from incidents
    union
    select * from disputes
    union
    select * from directives
    union
    select * from diversions
    union
    select * from tasks

),

-- What names a loaded item shows a link to it, and its place.
naming as (

    select
        loop,
        diversion_id as item_id
    from {{ ref('stg_diversions') }}
    where is_current and incident_id in (select item_id from incidents)
    union
    select
        loop,
        dispute_id
    from {{ ref('stg_disputes') }}
    where is_current and incident_id in (select item_id from incidents)
    union
    select
        loop,
        incident_id
    from {{ ref('stg_incidents') }}
    where is_current and merged_into in (select item_id from incidents)
    union
    select
        loop,
        directive_id
    from {{ ref('stg_directives') }}
    where is_current and (subject_loop, subject_id) in (select loop, item_id from loaded)

),

-- What was not over when the build before was made: its course depends on the moment that is looked at.
unsettled as (

    select work_item_id
    from {{ as_it_was('intermediate', 'int_present_states') }}
    where is_open
    union
    select work_item_id
    from {{ as_it_was('intermediate', 'int_work_items') }}
    where opened_at > (select as_of from since) or withdrawn_at > (select as_of from since)
    union
    select work_item_id
    from {{ as_it_was('marts', 'fct_item_events') }}
    where occurred_at > (select as_of from since) or recorded_at > (select as_of from since)
    union
    select work_item_id
    from {{ as_it_was('marts', 'fct_sla_targets') }}
    where ended_at is null or ended_at > (select as_of from since)

),

touched as (

    select * from loaded
    union
    select
        loop,
        item_id
    from events
    union
    select * from corrected
    union
    select * from naming
    union
    select
        items.loop,
        items.item_id
    from unsettled
    inner join {{ as_it_was('intermediate', 'int_work_items') }} as items using (work_item_id)

)

select
    loop,
    item_id,
    loop || ':' || item_id as work_item_id,
    hashtextextended(loop || ':' || item_id, 0) as item_key
from touched

{% endif %}
