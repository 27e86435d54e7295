{{ config(materialized='view', persist_docs={'relation': false, 'columns': false}) }}

-- The station is the one that held the incident when somebody arrived.
with arrivals as (

    select distinct on (work_item_id)
        work_item_id,
        station_id,
        valid_from as arrived_at
    from {{ part('int_item_states') }}
    where event_stage = 'arrive' and loop = 'incident'
    order by work_item_id, event_seq

),

measured as (

    select
        arrivals.work_item_id,
        arrivals.station_id,
        {{ local_date('arrivals.arrived_at') }} as metric_date,
        incidents.minutes_to_arrive::double precision as value
    from arrivals
    inner join {{ part('fct_incidents') }} as incidents using (work_item_id)
    where incidents.minutes_to_arrive is not null

)

select
    measured.station_id,
    measured.metric_date,
    measured.value,
    measured.work_item_id
from measured
inner join {{ days_of('incidents') }} as days using (station_id, metric_date)
