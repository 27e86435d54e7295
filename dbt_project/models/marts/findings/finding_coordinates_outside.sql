-- A degree of latitude is 111 km everywhere, one of longitude shrinks with the cosine of the latitude.
with measured as (

    select
        incidents.*,
        111.0 * sqrt(
            power(incidents.lat - stations.lat, 2)
            + power((incidents.lon - stations.lon) * cos(radians(stations.lat)), 2)
        ) as kilometres
    from {{ part('fct_incidents') }} as incidents
    left join {{ ref('dim_stations') }} as stations using (station_id)
    where incidents.lon is not null or incidents.lat is not null

)

select
    work_item_id,
    station_id,
    loop,
    received_at as found_at,
    null::timestamptz as mended_at,
    false as is_silence,
    'coordinates' as subject_key,
    jsonb_build_object('kilometres', round(kilometres::numeric)) as detail
from measured
where
    lon is null
    or lat is null
    or lon not between 73 and 136
    or lat not between 3 and 54
    or kilometres > {{ var('farthest_kilometres') }}
