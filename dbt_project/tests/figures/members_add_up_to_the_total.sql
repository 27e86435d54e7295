-- Every case belongs to exactly one member of a dimension. Otherwise the parts of a chart would not be its whole.
with members as (

    select
        metric_id,
        station_id,
        metric_date,
        dimension,
        sum(numerator) as numerator
    from {{ ref('fct_metric_daily') }}
    where dimension <> ''
    group by metric_id, station_id, metric_date, dimension

),

totals as (

    select * from {{ ref('fct_metric_daily') }}
    where dimension = ''

)

select
    members.*,
    totals.numerator as total
from members
left join totals using (metric_id, station_id, metric_date)
where members.numerator is distinct from totals.numerator
