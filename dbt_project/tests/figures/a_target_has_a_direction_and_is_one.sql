-- A target of a metric of which neither way is better cannot be met or missed; two that hold on one day contradict.
select
    targets.metric_id,
    targets.valid_from,
    'neither way is better' as fault
from {{ ref('metric_targets') }} as targets
inner join {{ ref('metrics') }} as metrics using (metric_id)
where metrics.polarity = 'neutral'

union all

select
    targets.metric_id,
    targets.valid_from,
    'two hold on one day'
from {{ ref('metric_targets') }} as targets
inner join {{ ref('metric_targets') }} as others
    on
        targets.metric_id = others.metric_id
        and targets.assumed = others.assumed
        and targets.valid_from < others.valid_from
        and coalesce(targets.valid_to >= others.valid_from, true)
