{#- The moment that everything is judged at: the one asked for, else 数据截至, the latest that complete loads cover.
    The only clock of the project: no model asks the server what time it is. -#}
{% macro as_of() -%}
    {%- if var('as_of') is not none -%}
        timestamptz '{{ var("as_of") }}'
    {%- else -%}
        (select max(covers_until) from {{ ref('int_coverage') }})
    {%- endif -%}
{%- endmacro %}
