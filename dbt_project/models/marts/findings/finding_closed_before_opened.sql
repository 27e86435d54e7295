with closings as (

    select
        events.work_item_id,
        events.event_id,
        events.occurred_at as closed_at
    from {{ part('int_item_events') }} as events
    where events.is_closing

)

select
    items.work_item_id,
    items.station_id,
    items.loop,
    items.opened_at as found_at,
    null::timestamptz as mended_at,
    false as is_silence,
    closings.event_id as subject_key,
    jsonb_build_object(
        'opened_at', items.opened_at,
        'closed_at', closings.closed_at
    ) as detail
from closings
inner join {{ part('fct_work_items') }} as items using (work_item_id)
where closings.closed_at < items.opened_at
