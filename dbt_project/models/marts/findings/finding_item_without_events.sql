-- The opening stage alone is no action: it is the same fact as the opening. Where a confirmed limit runs from the
-- opening, its own rule says when the silence is too long; a fixed time beside it called every weekend a silence.
with untimed as (

    select
        items.work_item_id,
        items.station_id,
        items.loop,
        items.opened_at
    from {{ part('int_work_items') }} as items
    where not exists (
        select from {{ part('fct_sla_targets') }} as targets
        where
            items.work_item_id = targets.work_item_id
            and items.opened_at = targets.started_at
            and targets.is_confirmed
    )

),

actions as (

    select
        events.work_item_id,
        min(events.effective_at) as first_action_at
    from untimed
    inner join {{ part('int_item_events') }} as events using (work_item_id)
    inner join {{ ref('loops') }} as loops on events.loop = loops.loop
    where
        events.kind = 'stage'
        and events.stage <> loops.first_stage
    group by events.work_item_id

),

endings as (

    select
        states.work_item_id,
        min(states.valid_from) as ended_at
    from untimed
    inner join {{ part('int_item_states') }} as states using (work_item_id)
    where not states.is_open
    group by states.work_item_id

),

waited as (

    select
        untimed.*,
        {{ just_after("untimed.opened_at + interval '72 hours'") }} as found_at,
        least(actions.first_action_at, endings.ended_at) as mended_at
    from untimed
    left join actions using (work_item_id)
    left join endings using (work_item_id)

)

select
    work_item_id,
    station_id,
    loop,
    found_at,
    mended_at,
    true as is_silence,
    'opening' as subject_key,
    jsonb_build_object('opened_at', opened_at) as detail
from waited
where coalesce(mended_at > found_at, true)
