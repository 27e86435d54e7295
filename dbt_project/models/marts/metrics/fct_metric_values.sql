{{ config(
    materialized='incremental',
    indexes=[
        {'columns': ['metric_id', 'station_id', 'metric_date']},
        {'columns': ['work_item_id']},
    ]
) }}

{%- set parts = [] -%}
{%- for stem in var('metric_models') if stem.startswith('metric_values_') -%}
    {%- do parts.append(stem) -%}
{%- endfor -%}

{% for stem in parts %}
select
    '{{ stem | replace("metric_values_", "", 1) }}'::text as metric_id,
    station_id,
    metric_date,
    value,
    work_item_id
from {{ ref(stem) }}
{% if not loop.last %}union all{% endif %}
{% else %}
select
    null::text as metric_id,
    null::text as station_id,
    null::date as metric_date,
    null::double precision as value,
    null::text as work_item_id
where false
{% endfor %}
