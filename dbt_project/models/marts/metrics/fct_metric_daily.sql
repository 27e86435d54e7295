{{ config(
    indexes=[
        {'columns': ['metric_id', 'station_id', 'metric_date', 'dimension', 'member'], 'unique': True},
        {'columns': ['metric_date', 'metric_id']},
    ]
) }}

{%- set parts = [] -%}
{%- for stem in var('metric_models') if not stem.startswith('metric_values_') -%}
    {%- do parts.append(stem) -%}
{%- endfor -%}

{% for stem in parts %}
select
    '{{ stem | replace("metric_", "", 1) }}'::text as metric_id,
    station_id,
    metric_date,
    dimension,
    member,
    numerator,
    denominator
from {{ ref(stem) }}
{% if not loop.last %}union all{% endif %}
{% else %}
select
    null::text as metric_id,
    null::text as station_id,
    null::date as metric_date,
    null::text as dimension,
    null::text as member,
    null::double precision as numerator,
    null::double precision as denominator
where false
{% endfor %}
