-- The opening stage alone is no action: it is the same fact as the opening.
with actions as (

    select
        events.work_item_id,
        min(events.effective_at) as first_action_at
    from {{ ref('int_item_events') }} as events
    inner join {{ ref('loops') }} as loops using (loop)
    where
        events.kind = 'stage'
        and events.stage <> loops.first_stage
    group by events.work_item_id

),

endings as (

    select
        work_item_id,
        min(valid_from) as ended_at
    from {{ ref('int_item_states') }}
    where not is_open
    group by work_item_id

),

known as (

    select
        station_id,
        source_table,
        max(covers_until) as known_until
    from {{ ref('int_coverage') }}
    group by station_id, source_table

),

waited as (

    select
        items.work_item_id,
        items.station_id,
        items.loop,
        items.opened_at,
        items.opened_at + interval '24 hours' as found_at,
        least(actions.first_action_at, endings.ended_at) as mended_at,
        least({{ as_of() }}, known.known_until) as known_until
    from {{ ref('fct_work_items') }} as items
    left join actions using (work_item_id)
    left join endings using (work_item_id)
    left join known using (station_id, source_table)

)

select
    work_item_id,
    station_id,
    loop,
    found_at,
    mended_at,
    'opening' as subject_key,
    jsonb_build_object('opened_at', opened_at) as detail
from waited
where
    -- exactly 24 hours is in time
    coalesce(mended_at > found_at, true)
    and found_at < known_until
