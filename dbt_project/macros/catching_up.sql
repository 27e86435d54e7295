{#- A build that catches up makes anew what happened to the items touched since the build before last, and leaves
    every other item as that one made it. Each model of items is then two relations: its table, and beside it its
    part, the rows of the touched items alone. A model of items reads parts; everything else reads tables. -#}

{#- The rows of a model that a model of items has to read: all of them, or the touched items' when catching up. -#}
{% macro part(name) -%}
    {%- set whole = ref(name) -%}
    {%- if not var('catch_up') -%}{{ whole }}{%- else -%}{{ part_name(name) }}{%- endif -%}
{%- endmacro %}

{#- The same of a view, which has no part; ``item`` is its column that holds the id of the item. -#}
{% macro part_of_rows(name, item) -%}
    {%- set whole = ref(name) -%}
    {%- if not var('catch_up') -%}{{ whole }}{%- else -%}
    (
        select whole.* from {{ whole }} as whole
        inner join {{ ref('int_touched_items') }} as touched
            on whole.loop = touched.loop and whole.{{ item }} = touched.item_id
    )
    {%- endif -%}
{%- endmacro %}

{% macro part_name(name) -%}
    {{- as_it_was('intermediate', name ~ '__part') }}
{%- endmacro %}

{#- What the table of a model of items said of the touched items before; for models with ``meta.keeps_before``. -#}
{% macro part_before(name) -%}
    {%- set whole = ref(name) -%}
    {{- part_name(name ~ '__before') }}
{%- endmacro %}

{#- A table as it stands, without a dependency on its model, which would be a circle. -#}
{% macro as_it_was(schema, name) -%}
    {{ schema }}{{ env_var('CLOSEDLOOP_SCHEMA_SUFFIX', '_next') }}.{{ name }}
{%- endmacro %}

{#- The incremental strategy ``touched``: what the model now says of the touched items replaces what it said.
    Rows that a model no longer has vanish, as in a full build; dbt's own delete+insert would keep them. -#}
{% macro get_incremental_touched_sql(arg_dict) %}
    {%- set target = arg_dict['target_relation'] -%}
    {%- set key = 'item_key' if 'item_key' in arg_dict['dest_columns'] | map(attribute='name') else 'work_item_id' -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    drop table if exists {{ part_name(target.identifier) }};
    create unlogged table {{ part_name(target.identifier) }} (like {{ target }});
    insert into {{ part_name(target.identifier) }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }};
    analyze {{ part_name(target.identifier) }};
    {%- if config.get('meta', {}).get('keeps_before') %}
    drop table if exists {{ part_name(target.identifier ~ '__before') }};
    create unlogged table {{ part_name(target.identifier ~ '__before') }} as
    select kept.* from {{ target }} as kept
    inner join {{ as_it_was('intermediate', 'int_touched_items') }} as touched
        on kept.{{ key }} = touched.{{ key }};
    analyze {{ part_name(target.identifier ~ '__before') }};
    {%- endif %}
    delete from {{ target }} as kept
    using {{ as_it_was('intermediate', 'int_touched_items') }} as touched
    where kept.{{ key }} = touched.{{ key }};
    insert into {{ target }} ({{ columns }})
    select {{ columns }} from {{ part_name(target.identifier) }};
{% endmacro %}

{#- A test of a model of items asks the part when catching up: the rest was tested when it was made. -#}
{% macro get_where_subquery(relation) -%}
    {%- if execute and var('catch_up') and is_of_items(relation.identifier) -%}
        {%- set rows = part_name(relation.identifier) -%}
    {%- else -%}
        {%- set rows = relation -%}
    {%- endif -%}
    {%- if config.get('where', '') -%}
        {% do return('(select * from ' ~ rows ~ ' where ' ~ config.get('where') ~ ') dbt_subquery') %}
    {%- else -%}
        {% do return(rows) %}
    {%- endif -%}
{%- endmacro %}

{% macro is_of_items(name) -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.name == name -%}
        {% do return(node.config.materialized == 'incremental') %}
    {%- endfor -%}
    {% do return(false) %}
{%- endmacro %}
