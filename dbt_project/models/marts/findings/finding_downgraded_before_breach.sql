-- The deadline does not move with the colour; what is looked at is why the colour changed when it did.
with recoloured as (

    select distinct work_item_id
    from {{ part('int_item_states') }}
    where effect = 'recolour' and is_live

),

colours as (

    select
        states.work_item_id,
        states.station_id,
        states.loop,
        states.event_id,
        states.effect,
        states.valid_from,
        states.severity,
        lag(states.severity) over (partition by states.work_item_id order by states.event_seq) as severity_before
    from {{ part('int_item_states') }} as states
    inner join recoloured using (work_item_id)

),

downgrades as (

    select colours.*
    from colours
    inner join {{ ref('severities') }} as now_severity on colours.severity = now_severity.severity
    inner join {{ ref('severities') }} as old_severity on colours.severity_before = old_severity.severity
    where
        colours.effect = 'recolour'
        and now_severity.severity_rank > old_severity.severity_rank

),

threatened as (

    select
        downgrades.work_item_id,
        downgrades.event_id,
        min(segments.due_at) as due_at
    from downgrades
    inner join {{ part('fct_sla_clock') }} as segments
        on downgrades.work_item_id = segments.work_item_id
        and segments.phase = 'running'
        and segments.seg_from <= downgrades.valid_from
        and (segments.seg_to is null or segments.seg_to > downgrades.valid_from)
        and segments.due_at >= downgrades.valid_from
        and segments.due_at <= downgrades.valid_from + interval '24 hours'
    inner join {{ part('fct_sla_targets') }} as targets
        on segments.spell_id = targets.spell_id
        and targets.is_confirmed
    group by downgrades.work_item_id, downgrades.event_id

)

select
    downgrades.work_item_id,
    downgrades.station_id,
    downgrades.loop,
    downgrades.valid_from as found_at,
    null::timestamptz as mended_at,
    false as is_silence,
    downgrades.event_id as subject_key,
    jsonb_build_object(
        'from', downgrades.severity_before,
        'to', downgrades.severity,
        'due_at', threatened.due_at
    ) as detail
from downgrades
inner join threatened using (work_item_id, event_id)
