{{ config(
    materialized='incremental',
    indexes=[
        {'columns': ['work_item_id'], 'unique': True},
        {'columns': ['station_id', 'received_at']},
        {'columns': ['place_key', 'received_at']},
        {'columns': ['incident_id']},
        {'columns': ['opening_station_id', '(' ~ local_date('received_at') ~ ')']},
        {'columns': ['opening_station_id', '(' ~ place_as_written('place_key', 'place') ~ ')']},
    ]
) }}

with incidents as (

    select * from {{ part_of_rows('stg_incidents', 'incident_id') }} as stored
    where is_current

),

items as (

    select * from {{ part('fct_work_items') }}
    where source_table = 'incidents'

),

-- The first time of each stage, by the events that count: a corrected cell is no longer one of them.
stages as (

    select
        work_item_id,
        {{ first_time_of('dispatch') }} as dispatched_at,
        {{ first_time_of('arrive') }} as arrived_at,
        {{ first_time_of('handle') }} as handled_at,
        {{ first_time_of('close') }} as closed_at
    from {{ part('int_item_events') }}
    where kind = 'stage' and occurred_at <= {{ as_of() }}
    group by work_item_id

),

categories as (

    select * from {{ ref('categories') }}
    where kind = 'incident'

),

joined as (

    select

        ---------- ids
        items.work_item_id,
        incidents.incident_id,
        incidents.source_no,
        incidents.loop,
        items.station_id,
        items.opening_station_id,
        items.bureau_id,
        incidents.post_id,
        incidents.duty_team,
        incidents.merged_into,

        ---------- what it is
        incidents.source,
        coalesce(initial.category, 'unclassified') as category_initial,
        coalesce(final.category, initial.category, 'unclassified') as category_final,
        incidents.initial_type,
        incidents.final_type,
        incidents.priority,
        items.severity,
        incidents.outcome,
        incidents.elements_recorded,

        -- What the export says of itself goes before what the catalogue says of the category.
        coalesce(incidents.is_valid, (final_or_initial.is_valid = 1), true) as is_valid,
        coalesce(incidents.is_police_matter, (final_or_initial.is_police_matter = 1), true) as is_police_matter,
        coalesce(initial.is_valid = 1, true) as is_valid_initially,
        coalesce(initial.is_police_matter = 1, true) as is_police_matter_initially,

        ---------- where
        incidents.place,
        incidents.place_key,
        incidents.place_type,
        incidents.lon,
        incidents.lat,
        incidents.response_zone,

        ---------- timestamps
        incidents.received_at,
        stages.dispatched_at,
        stages.arrived_at,
        stages.handled_at,
        stages.closed_at,
        {{ local_midnight(local_date('incidents.received_at') ~ ' + 1') }} as first_day_ends_at,
        {{ withdrawn_at('incidents', 'received_at') }} as withdrawn_at,
        {{ duty_day('incidents.received_at') }} as duty_day,

        ---------- status
        items.is_open,
        items.is_withdrawn,

        ---------- lineage
        incidents.batch_id,
        incidents.source_file,
        incidents.source_row

    from incidents
    inner join items on incidents.loop || ':' || incidents.incident_id = items.work_item_id
    left join stages using (work_item_id)
    left join categories as initial on incidents.initial_type = initial.category
    left join categories as final on incidents.final_type = final.category
    left join categories as final_or_initial
        on coalesce(incidents.final_type, incidents.initial_type) = final_or_initial.category

),

judged as (

    select
        *,
        is_valid and not is_police_matter as is_non_police,
        -- A call loop ends at reception: its class is known there. Elsewhere the scene has the last word.
        case
            when loop = 'call' or handled_at < first_day_ends_at
                then is_valid and not is_police_matter
            else is_valid_initially and not is_police_matter_initially
        end as is_non_police_at_end_of_first_day,
        category_final = 'unclassified' as is_unclassified,
        {{ stands_at_end_of_first_day('received_at') }} as stands_at_end_of_first_day,
        {{ minutes_between('received_at', 'dispatched_at') }} as minutes_to_dispatch,
        {{ minutes_between('dispatched_at', 'arrived_at') }} as minutes_to_arrive,
        {{ minutes_between('arrived_at', 'handled_at') }} as minutes_to_handle,
        {{ minutes_between('received_at', 'closed_at') }} / 60.0 as hours_to_close
    from joined

)

select
    work_item_id,
    incident_id,
    source_no,
    loop,
    station_id,
    opening_station_id,
    bureau_id,
    post_id,
    duty_team,
    merged_into,
    source,
    category_initial,
    category_final,
    initial_type,
    final_type,
    priority,
    severity,
    outcome,
    elements_recorded,
    is_valid,
    is_police_matter,
    is_non_police,
    is_non_police_at_end_of_first_day,
    is_unclassified,
    place,
    place_key,
    place_type,
    lon,
    lat,
    response_zone,
    received_at,
    dispatched_at,
    arrived_at,
    handled_at,
    closed_at,
    withdrawn_at,
    duty_day,
    minutes_to_dispatch,
    minutes_to_arrive,
    minutes_to_handle,
    hours_to_close,
    is_open,
    is_withdrawn,
    stands_at_end_of_first_day,
    batch_id,
    source_file,
    source_row
from judged
