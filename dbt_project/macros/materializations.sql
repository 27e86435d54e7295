{#- How a build makes its relations. Where none stands, a full build finds none, one is made under its own name; where one
    stands and the build catches up, it is made anew in place. dbt's own way makes another beside it, asks which there
    are, renames and drops, for relations of which the code is the same, or the build would not have caught up. Every
    other run, an analyst's of a model that stands, has dbt's own way. -#}

{% materialization incremental, adapter='postgres' -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- if existing is none and not var('catch_up') -%}
        {{ return(make_first_table()) }}
    {%- endif -%}
    {%- if not var('catch_up') or should_full_refresh() -%}
        {{ return(dbt.materialization_incremental_default()) }}
    {%- endif -%}
    {%- if existing is none or not existing.is_table -%}
        {{ exceptions.raise_compiler_error(
            this ~ " is no table that could catch up: build again, with --full-refresh"
        ) }}
    {%- endif -%}
    {%- set names = adapter.get_columns_in_relation(existing) | map(attribute='name') | list -%}
    {%- call between_its_hooks() -%}
        {%- call statement('main') -%}
            {{ tell_touched_anew(existing, names, sql) }}
        {%- endcall -%}
    {%- endcall -%}
    {{ return({'relations': [existing]}) }}
{%- endmaterialization %}

{% materialization view, adapter='postgres' -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- if existing is none -%}
        {%- set made = this.incorporate(type='view') -%}
        {%- call between_its_hooks() -%}
            {%- call statement('main') -%}
                {{ get_create_view_as_sql(made, sql) }}
            {%- endcall -%}
            {%- do apply_grants(made, config.get('grants'), should_revoke=False) -%}
            {%- do persist_docs(made, model) -%}
        {%- endcall -%}
        {{ return({'relations': [made]}) }}
    {%- endif -%}
    {%- if not var('catch_up') or not existing.is_view -%}
        {{ return(dbt.materialization_view_default()) }}
    {%- endif -%}
    {%- call between_its_hooks() -%}
        {%- call statement('main') -%}
            {{ get_replace_view_sql(existing, sql) }}
        {%- endcall -%}
    {%- endcall -%}
    {{ return({'relations': [existing]}) }}
{%- endmaterialization %}

{% materialization table, adapter='postgres' -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- if existing is none -%}
        {{ return(make_first_table()) }}
    {%- endif -%}
    {%- if not var('catch_up') or not existing.is_table or needs_dbts_own_way() -%}
        {{ return(dbt.materialization_table_default()) }}
    {%- endif -%}
    {%- call between_its_hooks() -%}
        {%- call statement('main') -%}
            {{ replace_table(existing, sql) }}
        {%- endcall -%}
        {%- if not config.get('contract').enforced -%}
            {%- do persist_docs(existing, model) -%}
        {%- endif -%}
        {%- do create_indexes(existing) -%}
    {%- endcall -%}
    {{ return({'relations': [existing]}) }}
{%- endmaterialization %}

{#- A table where none stands. -#}
{% macro make_first_table() -%}
    {%- set made = this.incorporate(type='table') -%}
    {%- call between_its_hooks() -%}
        {%- call statement('main') -%}
            {{ get_create_table_as_sql(False, made, sql) }}
        {%- endcall -%}
        {%- do create_indexes(made) -%}
        {%- do apply_grants(made, config.get('grants'), should_revoke=False) -%}
        {%- do persist_docs(made, model) -%}
    {%- endcall -%}
    {{ return({'relations': [made]}) }}
{%- endmacro %}

{#- All indexes of a relation in one statement. -#}
{% macro postgres__create_indexes(relation) -%}
    {%- set statements = [] -%}
    {%- for index in config.get('indexes', default=[]) -%}
        {%- do statements.append(get_create_index_sql(relation, index)) -%}
    {%- endfor -%}
    {%- if statements -%}
        {%- call statement('indexes') -%}
            {{ statements | join(';') }}
        {%- endcall -%}
    {%- endif -%}
{%- endmacro %}

{#- Whether a table model asks for what replace_table does not give: keys as constraints, grants, no log, a header. -#}
{% macro needs_dbts_own_way() -%}
    {%- set constraints = model.constraints | default([], true) | list -%}
    {%- for column in model.columns.values() -%}
        {%- do constraints.extend(column.constraints | default([], true)) -%}
    {%- endfor -%}
    {{ return(
        constraints | rejectattr('type', 'in', ['not_null', 'check']) | list | length > 0
        or config.get('grants', {}) | length > 0
        or config.get('unlogged', false)
        or config.get('sql_header') is not none
    ) }}
{%- endmacro %}

{#- What is made in one transaction with the model's own hooks. -#}
{% macro between_its_hooks() -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {{ caller() }}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
{%- endmacro %}

{#- A new table in the place of an old one. The columns that a contract promises are the old one's, comments and all.
    Views of the old one go with it, as in dbt's own way; each is made again by its own model. -#}
{% macro replace_table(existing, sql) -%}
    {%- set upcoming = existing.incorporate(path={'identifier': existing.identifier ~ '__new'}) -%}
    {%- if config.get('contract').enforced %}
    {%- set columns = model.columns | join(', ') %}
    create table {{ upcoming }} (like {{ existing }} including all excluding indexes);
    insert into {{ upcoming }} ({{ columns }})
    select {{ columns }} from (
        {{ sql }}
    ) as told;
    {%- if config.persist_relation_docs() and model.description %}
    {{ alter_relation_comment(upcoming, model.description) }}
    {%- endif %}
    {%- else %}
    create table {{ upcoming }} as (
        {{ sql }}
    );
    {%- endif %}
    drop table {{ existing }} cascade;
    alter table {{ upcoming }} rename to {{ existing.identifier }};
{%- endmacro %}
