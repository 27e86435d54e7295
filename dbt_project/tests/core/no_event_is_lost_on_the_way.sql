-- Every event that counts and whose item exists stands in the item's story once. A lost event would leave an item open,
-- or its clock running.
with expected as (

    select versions.event_id
    from {{ part_of_events() }} as versions
    inner join {{ part('int_work_items') }} as items on versions.work_item_id = items.work_item_id
    where versions.counts

)

select
    expected.event_id as expected_event_id,
    events.event_id as found_event_id
from expected
full join (select * from {{ part('int_item_events') }} where event_id is not null) as events
    on expected.event_id = events.event_id
where expected.event_id is null or events.event_id is null
