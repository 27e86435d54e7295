with states as not materialized (

    select
        work_item_id,
        state_no,
        valid_from,
        missing_stages
    from {{ part('fct_loop_stages') }}

),

missing as (

    select
        states.work_item_id,
        states.state_no,
        states.valid_from,
        stage
    from states
    cross join lateral unnest(states.missing_stages) as stage
    where cardinality(states.missing_stages) > 0

),

-- A stage may be made good and skipped again after a reopening: each run of states without it is one finding.
runs as (

    select
        *,
        state_no - row_number() over (
            partition by work_item_id, stage order by state_no
        ) as run
    from missing

),

spans as (

    select
        work_item_id,
        stage,
        min(valid_from) as found_at,
        max(state_no) as last_state_no
    from runs
    group by work_item_id, stage, run

)

select
    spans.work_item_id,
    items.station_id,
    items.loop,
    spans.found_at,
    next_states.valid_from as mended_at,
    false as is_silence,
    spans.stage as subject_key,
    jsonb_build_object('stage', spans.stage) as detail
from spans
inner join {{ part('fct_work_items') }} as items using (work_item_id)
left join states as next_states
    on
        spans.work_item_id = next_states.work_item_id
        and spans.last_state_no + 1 = next_states.state_no
