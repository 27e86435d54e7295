-- What is not over at this build's moment: its course depends on the moment that is looked at, so that the build which
-- goes on from this one makes it anew. Whatever was not over before was touched, so the touched items say it all.
with unsettled as (

    select work_item_id
    from {{ part('int_present_states') }}
    where is_open
    union
    select work_item_id
    from {{ part('int_work_items') }}
    where opened_at > {{ as_of() }} or withdrawn_at > {{ as_of() }}
    union
    select work_item_id
    from {{ part('fct_item_events') }}
    where occurred_at > {{ as_of() }} or recorded_at > {{ as_of() }}
    union
    select work_item_id
    from {{ part('fct_sla_targets') }}
    where ended_at is null or ended_at > {{ as_of() }}

)

select
    items.loop,
    items.item_id
from unsettled
inner join {{ part('int_work_items') }} as items using (work_item_id)
