with cancelled as (

    select
        work_item_id,
        station_id,
        loop,
        event_seq,
        cause,
        valid_from
    from {{ part('int_item_states') }}
    where is_live and status = 'cancelled'

),

overdue as (

    select
        cancelled.work_item_id,
        cancelled.event_seq,
        min(targets.breached_at) as breached_at
    from cancelled
    inner join {{ part('fct_sla_targets') }} as targets
        on cancelled.work_item_id = targets.work_item_id
        and targets.is_confirmed
        and targets.charged_to in ('station', 'post')
        and targets.breached_at < cancelled.valid_from
        and (targets.ended_at is null or targets.ended_at >= cancelled.valid_from)
    group by cancelled.work_item_id, cancelled.event_seq

)

select
    cancelled.work_item_id,
    cancelled.station_id,
    cancelled.loop,
    cancelled.valid_from as found_at,
    null::timestamptz as mended_at,
    false as is_silence,
    'cancelled:' || cancelled.event_seq as subject_key,
    jsonb_build_object('due_at', overdue.breached_at) as detail
from cancelled
inner join overdue using (work_item_id, event_seq)
