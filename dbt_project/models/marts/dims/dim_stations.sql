with stations as (

    select
        station_id,
        bureau_id,
        name_zh,
        coalesce(name_en, name_zh) as name_en,
        kind,
        sort_order,
        lon,
        lat,
        member_from,
        member_to
    from {{ ref('stg_stations') }}
    where is_effective

),

-- What names no known station belongs here, and is seen by the whole city only.
unassigned as (

    select
        'UNASSIGNED' as station_id,
        null::text as bureau_id,
        '未归属' as name_zh,
        'Unassigned' as name_en,
        'unassigned' as kind,
        null::integer as sort_order,
        null::double precision as lon,
        null::double precision as lat,
        null::date as member_from,
        null::date as member_to

),

unioned as (

    select * from stations
    union all
    select * from unassigned

),

final as (

    select
        *,
        coalesce(
            member_from <= {{ local_date(as_of()) }}, true
        )
        and coalesce(
            member_to > {{ local_date(as_of()) }}, true
        ) as is_current
    from unioned

)

select * from final
