{{ config(
    indexes=[
        {'columns': ['station_id', 'changed_on']},
    ]
) }}

-- Counts only: who the volunteers are is nobody's business here.
with volunteers as (

    select
        station_id,
        volunteer_post_id,
        squad,
        coalesce(joined_on, date '2000-01-01') as joined_on,
        -- greatest() passes over NULL: who has not left would leave on the day of joining
        case when left_on is not null then greatest(left_on, joined_on) end as left_on
    from {{ ref('stg_volunteers') }}
    where is_effective

),

changes as (

    select
        station_id,
        volunteer_post_id,
        squad,
        joined_on as changed_on,
        1 as joined,
        0 as departed
    from volunteers

    union all

    select
        station_id,
        volunteer_post_id,
        squad,
        left_on,
        0,
        1
    from volunteers
    where left_on is not null

)

select
    station_id,
    volunteer_post_id,
    squad,
    changed_on,
    sum(joined)::integer as joined,
    sum(departed)::integer as departed
from changes
group by station_id, volunteer_post_id, squad, changed_on
