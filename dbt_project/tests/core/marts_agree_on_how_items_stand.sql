-- The one row per item and the intervals per item answer the same question; a page uses either.
with moment as (

    select {{ as_of() }} as as_of

)

select
    items.work_item_id,
    items.status as item_says,
    states.status as interval_says
from {{ part('fct_work_items') }} as items
cross join moment
left join {{ part('fct_loop_stages') }} as states
    on items.work_item_id = states.work_item_id
    and states.valid_from <= greatest(moment.as_of, items.opened_at)
    and (states.valid_to is null or states.valid_to > greatest(moment.as_of, items.opened_at))
where
    (items.status, items.station_id) is distinct from (states.status, states.station_id)
    or items.stage is distinct from states.stage
    or items.severity is distinct from states.severity
    or items.missing_stages is distinct from states.missing_stages
