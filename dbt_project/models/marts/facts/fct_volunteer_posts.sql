with posts as (

    select * from {{ ref('stg_volunteer_posts') }}
    where is_effective

),

-- Counts only: who the volunteers are is nobody's business here.
volunteers as (

    select
        volunteer_post_id,
        count(*) as volunteers
    from {{ ref('stg_volunteers') }}
    where
        is_effective
        and coalesce(joined_on <= {{ local_date(as_of()) }}, true)
        and coalesce(left_on > {{ local_date(as_of()) }}, true)
    group by volunteer_post_id

)

select
    posts.volunteer_post_id,
    posts.station_id,
    posts.name_zh,
    posts.opened_on,
    posts.closed_on,
    coalesce(posts.opened_on <= {{ local_date(as_of()) }}, true)
    and coalesce(posts.closed_on > {{ local_date(as_of()) }}, true) as is_current,
    coalesce(volunteers.volunteers, 0)::integer as volunteers
from posts
left join volunteers using (volunteer_post_id)
