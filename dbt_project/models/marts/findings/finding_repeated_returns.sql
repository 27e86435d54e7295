with returns as (

    select
        work_item_id,
        station_id,
        loop,
        event_seq,
        valid_from,
        row_number() over (partition by work_item_id order by event_seq) as return_no
    from {{ part('int_item_states') }}
    where effect = 'return' and is_live

),

endings as (

    select
        returns.work_item_id,
        min(states.valid_from) as ended_at
    from returns
    inner join {{ part('int_item_states') }} as states
        on returns.work_item_id = states.work_item_id
        and states.event_seq > returns.event_seq
        and not states.is_open
    where returns.return_no = 2
    group by returns.work_item_id

)

select
    returns.work_item_id,
    returns.station_id,
    returns.loop,
    returns.valid_from as found_at,
    endings.ended_at as mended_at,
    false as is_silence,
    'second_return' as subject_key,
    jsonb_build_object('returned_at', returns.valid_from) as detail
from returns
left join endings using (work_item_id)
where returns.return_no = 2
