with extensions as (

    select
        work_item_id,
        station_id,
        loop,
        event_id,
        valid_from,
        event_due_at
    from {{ part('int_item_states') }}
    where effect = 'extend' and is_live and event_due_at is not null

),

overdue as (

    select
        extensions.event_id,
        min(targets.breached_at) as breached_at
    from extensions
    inner join {{ part('fct_sla_targets') }} as targets
        on extensions.work_item_id = targets.work_item_id
        and targets.is_confirmed
        and targets.breached_at < extensions.valid_from
        and (targets.ended_at is null or targets.ended_at > extensions.valid_from)
    group by extensions.event_id

)

select
    extensions.work_item_id,
    extensions.station_id,
    extensions.loop,
    extensions.valid_from as found_at,
    null::timestamptz as mended_at,
    false as is_silence,
    extensions.event_id as subject_key,
    jsonb_build_object(
        'due_at', overdue.breached_at,
        'extended_to', extensions.event_due_at
    ) as detail
from extensions
inner join overdue using (event_id)
