{#- A fresh table has no statistics, and the next model's plan would be a guess. -#}
{% macro analyze_relation() -%}
    {#- Of a table that only caught up, the server's own analysis is recent enough. -#}
    {%- if model.config.materialized == 'table' or (model.config.materialized == 'incremental' and not var('catch_up')) -%}
        analyze {{ this.schema }}.{{ this.identifier }}
    {%- endif -%}
{%- endmacro %}
