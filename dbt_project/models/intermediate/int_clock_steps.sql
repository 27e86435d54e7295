{{ config(materialized='incremental', indexes=[{'columns': ['item_key']}]) }}

-- The controls that fall into a spell, numbered. Few spells have any.
with controls as (

    select
        controls.*,
        {{ worked_seconds('controls.happened_at', 'days') }} as worked_seconds
    from {{ part('int_clock_controls') }} as controls
    left join {{ ref('int_calendar_days') }} as days
        on {{ local_date('controls.happened_at') }} = days.calendar_date

),

steps as (

    select
        spells.spell_id,
        spells.item_key,
        row_number() over (partition by spells.spell_id order by controls.event_seq)::integer as step_no,
        controls.control,
        controls.happened_at,
        controls.new_due_at,
        controls.worked_seconds
    from controls
    inner join {{ part('int_sla_due') }} as spells
        on controls.item_key = spells.item_key
        and controls.event_seq > spells.started_seq
        and (spells.ended_seq is null or controls.event_seq < spells.ended_seq)
    where controls.control <> 'extend' or spells.extendable

)

select * from steps
