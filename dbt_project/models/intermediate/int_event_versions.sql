{{ config(materialized='view') }}

-- What counts: the current version of an event, unless it was retracted or another current event says that it
-- corrects it. A correction that was itself corrected still corrects: the first event does not come back.
with versions as not materialized (

    -- When catching up nobody asks for those of items that were not touched.
    select * from {{ ref('stg_loop_events') }}
    {%- if var('catch_up') %}
    where (loop, item_id) in (select touched.loop, touched.item_id from {{ ref('int_touched_items') }} as touched)
    {%- endif %}
    union all
    -- Each of these costs a digest.
    select
        derived.event_id,
        derived.loop,
        derived.item_id,
        derived.work_item_id,
        null as supersedes,
        derived.stage,
        null as move,
        null as outcome,
        null as severity,
        null as amount,
        null as station_id,
        null as reported_station_id,
        null as post_id,
        null as department_id,
        derived.occurred_at,
        null as recorded_at,
        null as due_at,
        derived.version,
        derived.is_current,
        derived.is_retracted,
        derived.is_effective,
        derived.batch_id,
        derived.source_file,
        derived.source_row,
        derived.loaded_at
    {%- if var('catch_up') %}
    from {{ part('int_work_items') }} as items
    cross join lateral (
        select * from {{ ref('stg_derived_events') }} as told
        where told.loop = items.loop and told.item_id = items.item_id
        -- keeps the lookup inside: each item's row is found by the index of its table
        offset 0
    ) as derived
    {%- else %}
    from {{ ref('stg_derived_events') }} as derived
    {%- endif %}

),

-- what corrects an event may be told of another item, and is never derived
corrections as (

    select
        supersedes as event_id,
        max(event_id collate "C") as superseded_by
    from {{ ref('stg_loop_events') }}
    where is_effective and supersedes is not null and supersedes <> event_id
    group by supersedes

),

judged as (

    select
        versions.*,
        corrections.superseded_by,
        versions.is_effective and corrections.event_id is null as counts,
        case
            when not versions.is_current then 'superseded'
            when versions.is_retracted then 'retracted'
            when corrections.event_id is not null then 'superseded'
            else 'current'
        end as version_status,
        coalesce(
            versions.recorded_at - versions.occurred_at
            > interval '{{ var("late_recorded_hours") }} hours',
            false
        ) as is_late_recorded
    from versions
    left join corrections on versions.event_id = corrections.event_id

)

select * from judged
