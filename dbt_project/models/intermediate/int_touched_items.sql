-- The items that a build which catches up makes anew. In a full build there are none: it makes everything.
{% if not var('catch_up') %}

select
    null::text as loop,
    null::text as item_id,
    null::text as work_item_id,
    null::bigint as item_key
where false

{% else %}

{% set since = last_batch_before() %}
{% set keys = {
    'incidents': 'incident_id',
    'disputes': 'dispute_id',
    'directives': 'directive_id',
    'diversions': 'diversion_id',
    'tasks': 'task_id',
} %}
-- What was loaded since: every version of a row or event that has a new one, for it may have named another item.
with{% for table, key in keys.items() %}
{{ table }} as (

    select
        loop,
        {{ key }} as item_id
    from {{ ref('stg_' ~ table) }}
    where {{ key }} in (
        select {{ key }} from {{ ref('stg_' ~ table) }}
        where batch_id > {{ since }}
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
    where event_id in (select event_id from {{ ref('stg_loop_events') }} where batch_id > {{ since }})

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

-- Days whose coverage is not what it was, whole: what happened on them has figures now, or no longer has.
ranges_now as (

    select station_id, source_table, range_agg(tstzrange(covers_from, covers_until)) as covered
    from {{ ref('int_coverage') }}
    group by station_id, source_table

),

ranges_before as (

    select station_id, source_table, range_agg(tstzrange(covers_from, covers_until)) as covered
    from {{ part_before('int_coverage') }}
    group by station_id, source_table

),

changed as (

    select
        source_table,
        unnest(
            (coalesce(ranges_now.covered, '{}') - coalesce(ranges_before.covered, '{}'))
            + (coalesce(ranges_before.covered, '{}') - coalesce(ranges_now.covered, '{}'))
        ) as moments
    from ranges_now
    full join ranges_before using (station_id, source_table)

),

changed_days as (

    select distinct
        source_table,
        {{ local_midnight(local_date('lower(moments)')) }} as begins_at,
        {{ local_midnight(local_date('upper(moments)') ~ ' + 1') }} as ends_at
    from changed

),

in_their_light as (

    select
        states.loop,
        states.item_id
    from changed_days
    inner join {{ ref('loops') }} as loops using (source_table)
    -- by station, for so the mart is indexed
    cross join (
        select station_id from {{ ref('stg_stations') }}
        where is_effective
        union all
        select 'UNASSIGNED'
    ) as stations
    cross join lateral (
        select
            stages.loop,
            stages.item_id
        from {{ as_it_was('marts', 'fct_loop_stages') }} as stages
        where
            stages.station_id = stations.station_id
            and stages.loop = loops.loop
            and stages.valid_from >= coalesce(changed_days.begins_at, '-infinity')
            and stages.valid_from < coalesce(changed_days.ends_at, 'infinity')
        offset 0
    ) as states

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
    select * from in_their_light
    union
    -- what was not over
    select
        loop,
        item_id
    from {{ as_it_was('intermediate', 'int_unsettled_items') }}

)

select
    loop,
    item_id,
    loop || ':' || item_id as work_item_id,
    hashtextextended(loop || ':' || item_id, 0) as item_key
from touched

{% endif %}
