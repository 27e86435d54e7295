with states as not materialized (

    select
        work_item_id,
        loop,
        station_id,
        valid_from
    from {{ part('fct_loop_stages') }}

),

lost as (

    select
        work_item_id,
        loop,
        min(valid_from) as found_at
    from states
    where station_id = 'UNASSIGNED'
    group by work_item_id, loop

),

assigned as (

    select
        lost.work_item_id,
        min(states.valid_from) as mended_at
    from lost
    inner join states
        on lost.work_item_id = states.work_item_id
        and states.station_id <> 'UNASSIGNED'
        and states.valid_from > lost.found_at
    group by lost.work_item_id

)

select
    lost.work_item_id,
    'UNASSIGNED' as station_id,
    lost.loop,
    lost.found_at,
    assigned.mended_at,
    false as is_silence,
    'station' as subject_key,
    jsonb_build_object('station_id', items.reported_station_id) as detail
from lost
inner join {{ part('int_work_items') }} as items using (work_item_id)
left join assigned using (work_item_id)
