{{ config(
    indexes=[
        {'columns': ['place_id', 'work_item_id'], 'unique': True},
        {'columns': ['work_item_id']},
    ]
) }}

-- What was set in motion about a place: named by a call there, or by the place itself.
with named as (

    select
        work_item_id,
        opening_station_id as station_id,
        {{ place_spelling('place_key', 'place') }} as spelling
    from {{ ref('fct_disputes') }}

    union all

    select
        items.work_item_id,
        items.opening_station_id,
        nullif(btrim(tasks.place_key), '')
    from {{ ref('stg_tasks') }} as tasks
    inner join {{ ref('fct_work_items') }} as items on tasks.loop || ':' || tasks.task_id = items.work_item_id
    where tasks.is_current

),

keyed as (

    select
        work_item_id,
        station_id,
        {{ place_id('station_id', place_key_function() ~ '(spelling)') }} as place_id
    from named
    where spelling is not null

),

about as (

    select
        work_item_id,
        place_id
    from keyed

    union

    select
        directives.work_item_id,
        calls.place_id
    from {{ ref('fct_directives') }} as directives
    inner join {{ ref('int_place_calls') }} as calls on directives.subject_work_item_id = calls.work_item_id

    union

    select
        directives.work_item_id,
        keyed.place_id
    from {{ ref('fct_directives') }} as directives
    inner join keyed on directives.subject_work_item_id = keyed.work_item_id

    union

    select
        diversions.work_item_id,
        calls.place_id
    from {{ ref('fct_diversions') }} as diversions
    inner join {{ ref('fct_incidents') }} as incidents using (incident_id)
    inner join {{ ref('int_place_calls') }} as calls on incidents.work_item_id = calls.work_item_id

)

select
    about.place_id,
    about.work_item_id,
    items.station_id,
    items.source_table,
    items.loop,
    items.opened_at,
    places.is_small_home
from about
inner join {{ ref('fct_work_items') }} as items using (work_item_id)
inner join {{ ref('dim_places') }} as places using (place_id)
where not items.is_withdrawn
