-- Every table of work items under one set of columns. A tombstone keeps its item: what was withdrawn was once open.
with incidents as (

    select
        loop,
        incident_id as item_id,
        'incidents' as source_table,
        source_no,
        station_id,
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
    from {{ ref('stg_incidents') }}
    where is_current

),

disputes as (

    select
        loop,
        dispute_id as item_id,
        'disputes' as source_table,
        source_no,
        station_id,
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
    from {{ ref('stg_disputes') }}
    where is_current

),

directives as (

    select
        loop,
        directive_id as item_id,
        'directives' as source_table,
        source_no,
        station_id,
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
    from {{ ref('stg_directives') }}
    where is_current

),

diversions as (

    select
        loop,
        diversion_id as item_id,
        'diversions' as source_table,
        source_no,
        station_id,
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
    from {{ ref('stg_diversions') }}
    where is_current

),

tasks as (

    select
        loop,
        task_id as item_id,
        'tasks' as source_table,
        source_no,
        station_id,
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
    from {{ ref('stg_tasks') }}
    where is_current

),

items as (

    select * from incidents
    union all
    select * from disputes
    union all
    select * from directives
    union all
    select * from diversions
    union all
    select * from tasks

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
