{{ config(
    indexes=[{'columns': ['metric_id', 'metric_date'], 'unique': True}]
) }}

-- The one relation that tells a station something of the others. Nothing smaller than a city's day leaves here:
-- no station, no dimension, and no day that too few stations reported or too few cases make up.
with summed as (

    select
        metric_id,
        metric_date,
        count(*)::integer as stations,
        sum(numerator) as numerator,
        sum(denominator) as denominator
    from {{ ref('fct_metric_daily') }}
    where dimension = ''
        and station_id <> 'UNASSIGNED'
    group by metric_id, metric_date

),

final as (

    select
        metric_id,
        metric_date,
        stations,
        numerator,
        denominator
    from summed
    where stations >= {{ var('city_min_stations') }}
        and coalesce(denominator, numerator) >= {{ var('city_min_cases') }}

)

select * from final
