-- A numerator above its denominator, a negative count, or a share without a denominator would be drawn as it is.
select metrics.unit, daily.*
from {{ ref('fct_metric_daily') }} as daily
inner join {{ ref('dim_metrics') }} as metrics using (metric_id)
where
    daily.numerator < 0
    or daily.numerator > daily.denominator
    or (metrics.unit = 'percent') <> (daily.denominator is not null)
