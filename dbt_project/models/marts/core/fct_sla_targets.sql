{{
    config(
        indexes=[
            {"columns": ["spell_id"], "unique": true},
            {"columns": ["work_item_id"]},
            {"columns": ["station_id", "state"]},
            {"columns": ["loop", "target", "started_at"]},
        ]
    )
}}

with due as (

    select * from {{ ref('int_sla_due') }}

),

clock as (

    select * from {{ ref('int_sla_clock') }}

),

moment as (

    select {{ as_of() }} as as_of

),

known as (

    select station_id, source_table, max(known_until) as known_until
    from {{ ref('int_coverage') }}
    group by station_id, source_table

),

segments as (

    select
        clock.*,
        clock.seg_from <= moment.as_of and (clock.seg_to is null or clock.seg_to > moment.as_of) as is_present
    from clock
    cross join moment

),

-- how each clock ran in the end, and how it stands at the moment of judgement
courses as (

    select
        spell_id,
        min(breached_at) as breached_at,
        (array_agg(held_due_at order by seg_no desc))[1] as last_due_at,
        max(phase) filter (where is_present) as phase,
        max(due_at) filter (where is_present) as due_at
    from segments
    group by spell_id

),

final as (

    select

        ---------- ids
        due.spell_id,
        due.work_item_id,
        due.loop,
        items.item_id,
        due.station_id,
        due.target,
        due.spell_no,
        due.policy_id,

        ---------- what the policy says
        due.severity,
        due.charged_to,
        due.unit,
        due.limit_value,
        due.warn_minutes,
        due.is_confirmed,

        ---------- the course
        due.start_reason,
        due.started_at,
        due.base_due_at,
        case when courses.spell_id is null then due.base_due_at else courses.last_due_at end as due_at,
        due.ended_at,
        due.end_kind,
        courses.breached_at,

        ---------- judged at the default as_of
        {{ target_state_function() }}(
            moment.as_of,
            known.known_until,
            due.started_at,
            due.ended_at,
            due.end_kind,
            courses.breached_at,
            courses.phase,
            courses.due_at
        ) as state,
        known.known_until
    from due
    inner join {{ ref('int_work_items') }} as items on due.work_item_id = items.work_item_id
    cross join moment
    left join courses on due.spell_id = courses.spell_id
    left join known on due.station_id = known.station_id and due.source_table = known.source_table

)

select * from final
