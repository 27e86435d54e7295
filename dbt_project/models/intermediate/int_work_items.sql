{{ config(
    materialized='incremental',
    indexes=[{'columns': ['item_key']}, {'columns': ['work_item_id']}, {'columns': ['item_id']}]
) }}

-- Every table of work items under one set of columns. A tombstone keeps its item: what was withdrawn was once open.
with incidents as (

    select
        loop,
        incident_id as item_id,
        'incidents' as source_table,
        source_no,
        station_id,
        reported_station_id,
        null::text as title,
        coalesce(final_type, initial_type) as category,
        severity,
        received_at as opened_at,
        null::timestamptz as due_at,
        null::text as department_id,
        post_id,
        outcome,
        place,
        place_key,
        is_retracted,
        withdrawn_at,
        batch_id,
        source_file,
        source_row
    from {{ part_of_rows('stg_incidents', 'incident_id') }} as stored
    where is_current

),

disputes as (

    select
        loop,
        dispute_id as item_id,
        'disputes' as source_table,
        source_no,
        station_id,
        reported_station_id,
        null::text as title,
        dispute_type as category,
        severity,
        found_at as opened_at,
        null::timestamptz as due_at,
        lead_department_id as department_id,
        null::text as post_id,
        outcome,
        place,
        place_key,
        is_retracted,
        withdrawn_at,
        batch_id,
        source_file,
        source_row
    from {{ part_of_rows('stg_disputes', 'dispute_id') }} as stored
    where is_current

),

directives as (

    select
        loop,
        directive_id as item_id,
        'directives' as source_table,
        source_no,
        station_id,
        reported_station_id,
        title,
        kind as category,
        severity,
        issued_at as opened_at,
        due_at,
        null::text as department_id,
        null::text as post_id,
        null::text as outcome,
        null::text as place,
        null::text as place_key,
        is_retracted,
        withdrawn_at,
        batch_id,
        source_file,
        source_row
    from {{ part_of_rows('stg_directives', 'directive_id') }} as stored
    where is_current

),

diversions as (

    select
        loop,
        diversion_id as item_id,
        'diversions' as source_table,
        source_no,
        station_id,
        reported_station_id,
        null::text as title,
        category,
        null::text as severity,
        sent_at as opened_at,
        null::timestamptz as due_at,
        department_id,
        null::text as post_id,
        null::text as outcome,
        null::text as place,
        null::text as place_key,
        is_retracted,
        withdrawn_at,
        batch_id,
        source_file,
        source_row
    from {{ part_of_rows('stg_diversions', 'diversion_id') }} as stored
    where is_current

),

tasks as (

    select
        loop,
        task_id as item_id,
        'tasks' as source_table,
        source_no,
        station_id,
        reported_station_id,
        title,
        kind as category,
        severity,
        opened_at,
        due_at,
        department_id,
        null::text as post_id,
        null::text as outcome,
        null::text as place,
        place_key,
        is_retracted,
        withdrawn_at,
        batch_id,
        source_file,
        source_row
    from {{ part_of_rows('stg_tasks', 'task_id') }} as stored
    where is_current

),

claimed as (

    select *, 1 as table_no from incidents
    union all
    select *, 2 from disputes
    union all
    select *, 3 from directives
    union all
    select *, 4 from diversions
    union all
    select *, 5 from tasks

),

-- Two tables may give the same number in the same loop. What was not withdrawn wins, then the table that
-- the loop names, then the first of the order above; finding_duplicate_item names both.
doubled as (

    select
        loop,
        item_id
    from claimed
    group by loop, item_id
    having count(*) > 1

),

kept as (

    select distinct on (claimed.loop, claimed.item_id)
        claimed.loop,
        claimed.item_id,
        claimed.source_table
    from claimed
    inner join doubled using (loop, item_id)
    left join {{ ref('loops') }} as loops using (loop)
    order by
        claimed.loop,
        claimed.item_id,
        claimed.is_retracted,
        (claimed.source_table = loops.source_table) desc nulls last,
        claimed.table_no

),

items as (

    select claimed.*
    from claimed
    left join kept using (loop, item_id)
    where coalesce(claimed.source_table = kept.source_table, true)

),

named as (

    select
        items.loop || ':' || items.item_id as work_item_id,
        -- sorting and joining millions of events by a number takes a third of the time; a test holds it unique
        hashtextextended(items.loop || ':' || items.item_id, 0) as item_key,
        items.loop,
        items.item_id,
        items.source_table,
        items.source_no,
        items.station_id,
        items.reported_station_id,
        -- without a title of its own: what it is, then where
        coalesce(
            items.title,
            nullif(concat_ws(' · ', coalesce(categories.name_zh, items.category), items.place), '')
        ) as title,
        items.category,
        items.severity,
        items.opened_at,
        items.due_at,
        items.department_id,
        items.post_id,
        items.outcome,
        items.place,
        items.place_key,
        items.is_retracted as is_withdrawn,
        items.withdrawn_at,
        items.batch_id,
        items.source_file,
        items.source_row
    from items
    left join {{ ref('categories') }} as categories on items.category = categories.category

)

select * from named
