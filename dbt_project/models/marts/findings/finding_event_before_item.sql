-- The closing stage has a rule of its own.
with events as (

    select
        work_item_id,
        event_id,
        occurred_at,
        coalesce(stage, move) as step
    from {{ part('int_item_events') }}
    where kind in ('stage', 'move') and not is_closing

)

select
    items.work_item_id,
    items.station_id,
    items.loop,
    items.opened_at as found_at,
    null::timestamptz as mended_at,
    false as is_silence,
    events.event_id as subject_key,
    jsonb_build_object(
        'opened_at', items.opened_at,
        'occurred_at', events.occurred_at,
        'step', events.step
    ) as detail
from events
inner join {{ part('fct_work_items') }} as items using (work_item_id)
where events.occurred_at < items.opened_at
