with items as (

    select * from {{ source('marts', 'fct_work_items') }}

)

select
    station_id,
    loop,
    count(*) as items,
    count(*) filter (where severity = 'red') as red_items

from items
where is_open
group by station_id, loop
