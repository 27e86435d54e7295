{{ config(materialized='view') }}

-- What counts: the current version of an event, unless it was retracted or another current event says that it
-- corrects it. A correction that was itself corrected still corrects: the first event does not come back.
with versions as not materialized (

    select * from {{ ref('stg_loop_events') }}

),

corrections as (

    select
        supersedes as event_id,
        max(event_id collate "C") as superseded_by
    from versions
    where is_effective and supersedes is not null and supersedes <> event_id
    group by supersedes

),

judged as (

    select
        versions.*,
        corrections.superseded_by,
        versions.is_effective and corrections.event_id is null as counts,
        case
            when not versions.is_current then 'superseded'
            when versions.is_retracted then 'retracted'
            when corrections.event_id is not null then 'superseded'
            else 'current'
        end as version_status,
        coalesce(
            versions.recorded_at - versions.occurred_at
            > interval '{{ var("late_recorded_hours") }} hours',
            false
        ) as is_late_recorded
    from versions
    left join corrections on versions.event_id = corrections.event_id

)

select * from judged
