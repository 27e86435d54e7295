{#- A fresh table has no statistics, and the next model's plan would be a guess. -#}
{% macro analyze_relation() -%}
    {%- if model.config.materialized in ('table', 'incremental') -%}
        analyze {{ this.schema }}.{{ this.identifier }}
    {%- endif -%}
{%- endmacro %}
