with stations as (

    select *
    from {{ ref('stg_stations') }}
    where is_effective

),

bureaus as (

    select bureau_id from {{ ref('stg_bureaus') }}
    where is_effective

),

-- Posts are only missed where posts are exported at all.
posts as (

    select station_id, kind from {{ ref('stg_posts') }}
    where is_effective

),

first_items as (

    select
        station_id,
        min(opened_at) as opened_at
    from {{ ref('int_work_items') }}
    where station_id in (select stations.station_id from stations where stations.member_from is null)
    group by station_id

),

described as (

    select
        stations.station_id,
        coalesce({{ local_midnight('stations.member_from') }}, first_items.opened_at) as since,
        array_remove(array[
            case when bureaus.bureau_id is null then 'bureau_id' end,
            case when stations.lon is null or stations.lat is null then 'lon, lat' end,
            case when stations.kind is null then 'kind' end,
            case when stations.sort_order is null then 'sort_order' end,
            case
                when
                    exists (select from posts)
                    and not exists (
                        select from posts
                        where
                            stations.station_id = posts.station_id
                            and posts.kind in ('control', '基础管控岗')
                    )
                    then 'control_post'
            end
        ], null) as missing
    from stations
    left join bureaus using (bureau_id)
    left join first_items using (station_id)

)

select
    null::text as work_item_id,
    station_id,
    null::text as loop,
    since as found_at,
    null::timestamptz as mended_at,
    false as is_silence,
    station_id as subject_key,
    jsonb_build_object('missing', array_to_string(missing, ', ')) as detail
from described
where cardinality(missing) > 0 and since is not null
