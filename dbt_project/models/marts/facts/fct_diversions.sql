{{ config(
    materialized='incremental',
    indexes=[
        {'columns': ['work_item_id'], 'unique': True},
        {'columns': ['station_id', 'sent_at']},
        {'columns': ['incident_id']},
    ]
) }}

with diversions as (

    select * from {{ part_of_rows('stg_diversions', 'diversion_id') }} as stored
    where is_current

),

items as (

    select * from {{ part('fct_work_items') }}
    where source_table = 'diversions'

),

stages as (

    select
        work_item_id,
        {{ first_time_of('accept') }} as accepted_at,
        {{ first_time_of('finish') }} as finished_at,
        {{ first_time_of('feedback') }} as fed_back_at
    from {{ part('int_item_events') }}
    where kind = 'stage' and occurred_at <= {{ as_of() }}
    group by work_item_id

),

-- Non-police matters carry the categories of incidents.
categories as (

    select * from {{ ref('categories') }}
    where kind = 'incident'

),

-- Where it was, the incident knows; what came over the counter has no place.
incidents as (

    select incident_id, place_key from {{ ref('stg_incidents') }}
    where is_current

),

joined as (

    select

        ---------- ids
        items.work_item_id,
        diversions.diversion_id,
        diversions.source_no,
        diversions.loop,
        items.station_id,
        items.opening_station_id,
        items.bureau_id,
        diversions.incident_id,
        -- the department it was first sent to, and the one that has it now
        diversions.department_id,
        items.department_id as current_department_id,

        ---------- what it is
        diversions.category as diverted_as,
        coalesce(categories.category, 'unclassified') as category,
        categories.category is null as is_unclassified,

        ---------- where
        incidents.place_key,

        ---------- timestamps
        diversions.sent_at,
        stages.accepted_at,
        stages.finished_at,
        stages.fed_back_at,
        {{ withdrawn_at('diversions', 'sent_at') }} as withdrawn_at,
        {{ duty_day('diversions.sent_at') }} as duty_day,

        ---------- status
        items.return_count,
        items.is_open,
        items.is_withdrawn,

        ---------- lineage
        diversions.batch_id,
        diversions.source_file,
        diversions.source_row

    from diversions
    inner join items on diversions.loop || ':' || diversions.diversion_id = items.work_item_id
    left join stages using (work_item_id)
    left join incidents on diversions.incident_id = incidents.incident_id
    left join categories on diversions.category = categories.category

)

select
    work_item_id,
    diversion_id,
    source_no,
    loop,
    station_id,
    opening_station_id,
    bureau_id,
    incident_id,
    department_id,
    current_department_id,
    diverted_as,
    category,
    is_unclassified,
    place_key,
    sent_at,
    accepted_at,
    finished_at,
    fed_back_at,
    withdrawn_at,
    duty_day,
    {{ minutes_between('sent_at', 'accepted_at') }} / 60.0 as hours_to_accept,
    {{ minutes_between('sent_at', 'finished_at') }} / 1440.0 as days_to_finish,
    {{ minutes_between('sent_at', 'fed_back_at') }} / 1440.0 as days_to_feed_back,
    return_count,
    is_open,
    is_withdrawn,
    {{ stands_at_end_of_first_day('sent_at') }} as stands_at_end_of_first_day,
    batch_id,
    source_file,
    source_row
from joined
