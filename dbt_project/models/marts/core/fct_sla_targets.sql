{{
    config(
        materialized="incremental",
        indexes=[
            {"columns": ["spell_id"], "unique": true},
            {"columns": ["work_item_id"]},
            {"columns": ["station_id", "state"]},
            {"columns": ["loop", "target", "started_at"]},
        ],
        post_hook="{{ partial_index('station_id, (' ~ local_date('started_at') ~ ')', is_handling()) }}"
    )
}}

with due as (

    select * from {{ part('int_sla_due') }}

),

clock as not materialized (

    select * from {{ part('int_sla_clock') }}

),

moment as (

    select {{ as_of() }} as as_of

),

known as (

    select station_id, source_table, max(known_until) as known_until
    from {{ ref('int_coverage') }}
    group by station_id, source_table

),

final as (

    select

        ---------- ids
        due.spell_id,
        due.work_item_id,
        due.loop,
        due.item_id,
        due.source_table,
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
        case when last_segment.spell_id is null then due.base_due_at else last_segment.held_due_at end as due_at,
        due.ended_at,
        due.end_kind,
        last_segment.breached_at,

        ---------- judged at the default as_of
        {{ target_state_function() }}(
            moment.as_of,
            known.known_until,
            due.started_at,
            due.ended_at,
            due.end_kind,
            last_segment.breached_at,
            present.phase,
            present.due_at
        ) as state
    from due
    cross join moment
    left join clock as last_segment on due.spell_id = last_segment.spell_id and last_segment.is_last
    left join clock as present
        on due.spell_id = present.spell_id
        and present.seg_from <= moment.as_of
        and (present.seg_to is null or present.seg_to > moment.as_of)
    left join known on due.station_id = known.station_id and due.source_table = known.source_table

)

select * from final
-- What is asked for lies together: a moment's open items come from a few pages, a day's items from the last ones.
order by started_at
