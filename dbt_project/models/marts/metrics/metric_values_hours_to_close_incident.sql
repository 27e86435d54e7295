{{ config(materialized='view', persist_docs={'relation': false, 'columns': false}) }}

-- The first closing; an incident opened again keeps it.
with closings as (

    select distinct on (work_item_id)
        work_item_id,
        station_id,
        valid_from as closed_at
    from {{ part('int_item_states') }}
    where loop = 'incident' and status = 'closed'
    order by work_item_id, event_seq

),

measured as (

    select
        closings.work_item_id,
        closings.station_id,
        {{ local_date('closings.closed_at') }} as metric_date,
        extract(epoch from closings.closed_at - items.opened_at) / 3600.0 as value
    from closings
    inner join {{ part('int_work_items') }} as items using (work_item_id)

)

select
    measured.station_id,
    measured.metric_date,
    measured.value::double precision as value,
    measured.work_item_id
from measured
inner join {{ days_of('incidents') }} as days using (station_id, metric_date)
