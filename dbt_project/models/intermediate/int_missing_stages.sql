{{ config(materialized='incremental', indexes=[{'columns': ['item_key']}]) }}

-- 缺环节. A required stage that was passed over, and an inspection that failed and was closed over without rework.
-- An open item is judged on the prefix it has walked. Only events after which something is missing have a row.
with steps as (

    select
        item_key,
        event_seq,
        loop,
        stage,
        ordinal,
        stage_bit,
        is_step,
        is_closing,
        is_sent_to_rework,
        next_on_failed
    from {{ part('int_item_events') }}
    where kind = 'stage' and ordinal is not null

),

stages as (

    select * from {{ ref('int_loop_stages') }}

),

-- the required stages that come before an ordinal, as a mask
required_before as (

    select
        upto.loop,
        upto.ordinal,
        coalesce(sum(earlier.stage_bit) filter (where earlier.is_required and not earlier.is_milestone), 0)::bigint
            as stage_mask
    from stages as upto
    left join stages as earlier on upto.loop = earlier.loop and earlier.ordinal < upto.ordinal
    group by upto.loop, upto.ordinal

),

failures as (

    select item_key, loop, event_seq as failed_seq, next_on_failed
    from steps
    where is_sent_to_rework

),

-- what followed each failed inspection: the first closing, the first rework
followed as (

    select
        failures.item_key,
        failures.loop,
        failures.failed_seq,
        failures.next_on_failed,
        min(steps.event_seq) filter (where steps.is_closing) as closed_seq,
        min(steps.event_seq) filter (where steps.stage = failures.next_on_failed) as reworked_seq
    from failures
    inner join steps
        on failures.item_key = steps.item_key
        and steps.event_seq > failures.failed_seq
    group by 1, 2, 3, 4

),

skipped_rework as (

    select
        followed.item_key,
        followed.closed_seq as event_seq,
        bit_or(stages.stage_bit) as stage_mask
    from followed
    inner join stages on followed.loop = stages.loop and followed.next_on_failed = stages.stage
    where followed.closed_seq < coalesce(followed.reworked_seq, 'infinity'::double precision)
    group by 1, 2

),

walked as (

    select
        steps.item_key,
        steps.event_seq,
        steps.loop,
        max(steps.ordinal) filter (where steps.is_step) over so_far as furthest,
        coalesce(bit_or(steps.stage_bit) over so_far, 0) as reached_mask,
        coalesce(bit_or(skipped_rework.stage_mask) over so_far, 0) as skipped_rework_mask
    from steps
    left join skipped_rework
        on steps.item_key = skipped_rework.item_key
        and steps.event_seq = skipped_rework.event_seq
    window so_far as (partition by steps.item_key order by steps.event_seq rows unbounded preceding)

),

judged as (

    select
        walked.item_key,
        walked.event_seq,
        walked.loop,
        -- what holds after this event holds until the next stage event
        lead(walked.event_seq) over (partition by walked.item_key order by walked.event_seq) as until_seq,
        (coalesce(required_before.stage_mask, 0) & ~walked.reached_mask) | walked.skipped_rework_mask as missing_mask
    from walked
    left join required_before on walked.loop = required_before.loop and walked.furthest = required_before.ordinal

),

masks as (

    select distinct loop, missing_mask from judged where missing_mask <> 0

),

named_masks as (

    select
        masks.loop,
        masks.missing_mask,
        string_agg(stages.stage, ',' order by stages.ordinal) as missing_stages
    from masks
    inner join stages on masks.loop = stages.loop and (masks.missing_mask & stages.stage_bit) <> 0
    group by 1, 2

),

missing as (

    select
        judged.item_key,
        judged.event_seq as from_seq,
        judged.until_seq,
        named_masks.missing_stages
    from judged
    inner join named_masks on judged.loop = named_masks.loop and judged.missing_mask = named_masks.missing_mask

)

select * from missing
