{#- Descriptions as comments, in one statement. dbt asks twice which columns there are; where a contract is enforced, the
    relation has just been made with the ones it names. -#}
{% macro postgres__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- if not config.get('contract').enforced -%}
        {{ return(dbt.default__persist_docs(relation, model, for_relation, for_columns)) }}
    {%- endif -%}
    {%- set comments -%}
        {%- if for_relation and config.persist_relation_docs() and model.description -%}
            {{ alter_relation_comment(relation, model.description) }}
        {%- endif -%}
        {%- if for_columns and config.persist_column_docs() -%}
            {%- for name, column in model.columns.items() %}
    comment on column {{ relation }}.{{ adapter.quote(name) if column.quote else name }} is {{
        postgres_escape_comment(column.description) }};
            {%- endfor -%}
        {%- endif -%}
    {%- endset -%}
    {%- if comments | trim -%}
        {%- do run_query(comments) -%}
    {%- endif -%}
{%- endmacro %}
