{#- Every schema exists twice; a build works on the twin and the publication renames the pair.
    The names are exact (no target prefix), because pages and grants know them by name. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}{{ env_var('CLOSEDLOOP_SCHEMA_SUFFIX', '_next') }}
{%- endmacro %}
