{{ config(
    indexes=[
        {'columns': ['activity_id'], 'unique': True},
        {'columns': ['station_id', 'started_at']},
    ]
) }}

with activities as (

    select * from {{ ref('stg_volunteer_activities') }}
    where is_effective and started_at <= {{ as_of() }}

)

select
    activity_id,
    station_id,
    volunteer_post_id,
    squad,
    kind,
    started_at,
    ended_at,
    {{ local_date('started_at') }} as started_on,
    {{ duty_day('started_at') }} as duty_day,
    participants,
    children,
    accepted,
    {{ minutes_between('started_at', 'ended_at') }} / 60.0 as hours,
    participants * {{ minutes_between('started_at', 'ended_at') }} / 60.0 as person_hours,
    batch_id,
    source_file,
    source_row
from activities
