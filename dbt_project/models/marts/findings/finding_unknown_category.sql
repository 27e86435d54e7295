with incident_types as (

    select
        incidents.work_item_id,
        incidents.station_id,
        incidents.loop,
        incidents.received_at as found_at,
        'initial_type' as field,
        incidents.initial_type as value,
        'incident' as kind
    from {{ part('fct_incidents') }} as incidents

    union all

    -- the final type is written with the feedback from the scene
    select
        incidents.work_item_id,
        incidents.station_id,
        incidents.loop,
        coalesce(incidents.handled_at, incidents.received_at) as found_at,
        'final_type' as field,
        incidents.final_type as value,
        'incident' as kind
    from {{ part('fct_incidents') }} as incidents

),

dispute_types as (

    select
        work_item_id,
        station_id,
        loop,
        found_at,
        'dispute_type' as field,
        dispute_type as value,
        'dispute' as kind
    from {{ part('fct_disputes') }}

),

diversion_categories as (

    select
        work_item_id,
        station_id,
        loop,
        sent_at as found_at,
        'category' as field,
        diverted_as as value,
        'incident' as kind
    from {{ part('fct_diversions') }}

),

named as (

    select * from incident_types
    union all
    select * from dispute_types
    union all
    select * from diversion_categories

)

select
    named.work_item_id,
    named.station_id,
    named.loop,
    named.found_at,
    null::timestamptz as mended_at,
    false as is_silence,
    named.field as subject_key,
    jsonb_build_object(
        'field', named.field,
        'value', named.value
    ) as detail
from named
left join {{ ref('categories') }} as categories
    on
        named.value = categories.category
        and named.kind = categories.kind
where
    named.value is not null
    and categories.category is null
