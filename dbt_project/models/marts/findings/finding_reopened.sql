with reopened_items as (

    select distinct work_item_id
    from {{ part('int_item_states') }}
    where effect = 'reopen'

),

states as (

    select
        states.work_item_id,
        states.station_id,
        states.loop,
        states.event_id,
        states.event_seq,
        states.effect,
        states.is_open,
        states.valid_from,
        lag(states.status) over in_order as status_before,
        min(states.valid_from) filter (where not states.is_open) over later as ended_at
    from {{ part('int_item_states') }} as states
    inner join reopened_items using (work_item_id)
    window
        in_order as (partition by states.work_item_id order by states.event_seq),
        later as (
            partition by states.work_item_id order by states.event_seq
            rows between 1 following and unbounded following
        )

)

select
    work_item_id,
    station_id,
    loop,
    valid_from as found_at,
    ended_at as mended_at,
    false as is_silence,
    event_id as subject_key,
    jsonb_build_object('reopened_at', valid_from) as detail
from states
where effect = 'reopen' and is_open and status_before = 'closed'
