-- A model without a row in metrics.csv has no name and no definition; a row without a model is a card without a
-- figure; a distribution in the daily fact would be added up. The builder lists the models (var metric_models).
with models as (

    {% for stem in var('metric_models') %}
    select
        '{{ stem | replace("metric_values_", "", 1) | replace("metric_", "", 1) }}' as metric_id,
        {{ stem.startswith('metric_values_') | lower }} as is_distribution
    {% if not loop.last %}union all{% endif %}
    {% else %}
    select null as metric_id, null::boolean as is_distribution where false
    {% endfor %}

)

select
    models.metric_id as model_of,
    metrics.metric_id as row_of,
    metrics.kind
from models
full join {{ ref('dim_metrics') }} as metrics using (metric_id)
where
    models.is_distribution is distinct from (metrics.kind = 'distribution')
