with stages as (

    select * from {{ ref('loop_stages') }}

),

loops as (

    select * from {{ ref('loops') }}

),

joined as (

    select
        stages.loop,
        stages.stage,
        stages.ordinal::integer as ordinal,
        stages.actor,
        stages.required::integer = 1 as is_required,
        stages.milestone::integer = 1 as is_milestone,
        stages.closes::integer = 1 as is_closing,
        nullif(stages.next_stage, '') as next_stage,
        nullif(stages.next_on_failed, '') as next_on_failed,
        -- a set of stages of one loop is a bit mask
        1::bigint << stages.ordinal::integer as stage_bit,
        stages.stage = loops.first_stage as is_first,
        stages.stage = loops.reassign_stage as is_reassign_stage,
        stages.stage = loops.reopen_stage as is_reopen_stage
    from stages
    left join loops on stages.loop = loops.loop

)

select * from joined
