{{
    config(
        materialized="incremental",
        indexes=[
            {"columns": ["work_item_id", "linked_work_item_id", "relation"], "unique": true},
            {"columns": ["linked_work_item_id"]},
        ]
    )
}}

with items as (

    select work_item_id, loop, item_id, source_table, station_id from {{ part('int_work_items') }}

),

-- what is linked to may be any item
linked_items as not materialized (

    select work_item_id, loop, item_id, source_table from {{ ref('int_work_items') }}

),

incidents as not materialized (

    select work_item_id, item_id from linked_items where source_table = 'incidents'

),

subjects as (

    select
        items.work_item_id,
        subject.work_item_id as linked_work_item_id,
        'subject' as relation
    from {{ part_of_rows('stg_directives', 'directive_id') }} as directives
    inner join items on items.source_table = 'directives' and directives.directive_id = items.item_id
    inner join linked_items as subject
        on directives.subject_loop = subject.loop
        and directives.subject_id = subject.item_id
    where directives.is_current

),

diverted as (

    select
        items.work_item_id,
        incidents.work_item_id as linked_work_item_id,
        'incident' as relation
    from {{ part_of_rows('stg_diversions', 'diversion_id') }} as diversions
    inner join items on items.source_table = 'diversions' and diversions.diversion_id = items.item_id
    inner join incidents on diversions.incident_id = incidents.item_id
    where diversions.is_current

),

arisen as (

    select
        items.work_item_id,
        incidents.work_item_id as linked_work_item_id,
        'incident' as relation
    from {{ part_of_rows('stg_disputes', 'dispute_id') }} as disputes
    inner join items on items.source_table = 'disputes' and disputes.dispute_id = items.item_id
    inner join incidents on disputes.incident_id = incidents.item_id
    where disputes.is_current

),

merged as (

    select
        items.work_item_id,
        incidents.work_item_id as linked_work_item_id,
        'merged_into' as relation
    from {{ part_of_rows('stg_incidents', 'incident_id') }} as duplicates
    inner join items on items.source_table = 'incidents' and duplicates.incident_id = items.item_id
    inner join incidents on duplicates.merged_into = incidents.item_id
    where duplicates.is_current

),

links as (

    select * from subjects
    union all
    select * from diverted
    union all
    select * from arisen
    union all
    select * from merged

),

final as (

    select
        links.work_item_id,
        links.linked_work_item_id,
        links.relation,
        present.station_id
    from links
    inner join {{ part('int_present_states') }} as present on links.work_item_id = present.work_item_id

)

select * from final
