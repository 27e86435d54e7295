{{ config(materialized='incremental', indexes=[{'columns': ['place_id']}, {'columns': ['work_item_id']}]) }}

-- Disputes and tasks name a place themselves.
with named as (

    select
        work_item_id,
        opening_station_id as station_id,
        {{ place_spelling('place_key', 'place') }} as spelling
    from {{ part('fct_disputes') }}

    union all

    select
        items.work_item_id,
        items.opening_station_id,
        nullif(btrim(tasks.place_key), '')
    from {{ part_of_rows('stg_tasks', 'task_id') }} as tasks
    inner join {{ part('fct_work_items') }} as items on tasks.loop || ':' || tasks.task_id = items.work_item_id
    where tasks.is_current

)

select
    work_item_id,
    {{ place_id('station_id', place_key_function() ~ '(spelling)') }} as place_id
from named
where spelling is not null
