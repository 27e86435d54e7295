{#- A build that catches up makes anew what happened to the items touched since the build before last, and leaves
    every other item as that one made it. Each model of items is then two relations: its table, and beside it its
    part, the rows of the touched items alone. A model of items reads parts; everything else reads tables. -#}

{#- The rows of a model that a model of items has to read: all of them, or the touched items' when catching up. An
    ephemeral model is a query within its reader's, and reads parts itself. -#}
{% macro part(name) -%}
    {%- set whole = ref(name) -%}
    {%- if not var('catch_up') or whole.is_cte -%}{{ whole }}{%- else -%}{{ part_name(name) }}{%- endif -%}
{%- endmacro %}

{#- The same of a view, which has no part; ``item`` is its column that holds the id of the item. -#}
{% macro part_of_rows(name, item) -%}
    {%- set whole = ref(name) -%}
    {%- if not var('catch_up') -%}{{ whole }}{%- else -%}
    (
        select whole.* from {{ whole }} as whole
        inner join {{ ref('int_touched_items') }} as touched
            -- not less and not more: of "equal" the planner thinks that it leaves next to nothing
            on whole.{{ item }} = touched.item_id and whole.loop >= touched.loop and whole.loop <= touched.loop
    )
    {%- endif -%}
{%- endmacro %}

{#- The versions of events that a model of items has to read. -#}
{% macro part_of_events() -%}
    {%- if not var('catch_up') -%}{{ ref('int_event_versions') }}{%- else -%}{{ ref('int_touched_events') }}{%- endif -%}
{%- endmacro %}

{% macro part_name(name) -%}
    {{- as_it_was('intermediate', name ~ '__part') }}
{%- endmacro %}

{#- What the table of a model of items said of the touched items before; for models with ``meta.keeps_before``. -#}
{% macro part_before(name) -%}
    {%- set whole = ref(name) -%}
    {{- part_name(name ~ '__before') }}
{%- endmacro %}

{#- The rows of ``columns`` that a model has and had not, or had and no longer has; of a model that keeps what it said
    before. -#}
{% macro differing(name, columns) -%}
    {%- set whole = ref(name) -%}
    {%- set now = part_name(name) if execute and is_of_items(name) else whole -%}
    (select {{ columns }} from {{ now }} except select {{ columns }} from {{ part_before(name) }})
    union
    (select {{ columns }} from {{ part_before(name) }} except select {{ columns }} from {{ now }})
{%- endmacro %}

{#- Before a table that everything is made from is made anew: keeps what it said for ``part_before``. -#}
{% macro keep_as_it_was() -%}
    {%- if execute and var('catch_up') -%}
        create unlogged table {{ part_name(this.identifier ~ '__before') }} as select * from {{ this }}
    {%- endif -%}
{%- endmacro %}

{#- The last batch of the build that is gone on from, as a number: a planner that is told "later than this" knows
    how few rows there are, one that is told "later than whatever stands there" does not. -#}
{% macro last_batch_before() -%}
    {%- if execute -%}
        {{- run_query('select batch_id from ' ~ as_it_was('reference', 'caught_up_from')).columns[0].values()[0] -}}
    {%- else -%}0{%- endif -%}
{%- endmacro %}

{#- The moment of the build that is gone on from, as a constant for the same reason. -#}
{% macro as_of_before() -%}
    {%- if execute -%}
        timestamptz '{{ run_query('select as_of from ' ~ as_it_was('reference', 'caught_up_from')).columns[0].values()[0].isoformat() }}'
    {%- else -%}null{%- endif -%}
{%- endmacro %}

{#- A table as it stands, without a dependency on its model, which would be a circle. -#}
{% macro as_it_was(schema, name) -%}
    {{ schema }}{{ env_var('CLOSEDLOOP_SCHEMA_SUFFIX', '_next') }}.{{ name }}
{%- endmacro %}

{#- What a model now says of the touched items replaces what its table said. Rows that a model no longer has vanish, as
    in a full build. ``meta.touched_by`` names another model than int_touched_items, for what depends on more than its
    item, and ``meta.touched_key`` their common key, a column or several, where that is no item; ``meta.touched_if`` says
    which of that model's rows, and ``meta.touched_since`` that of what has a beginning and an end only what lasts until
    its ``since`` is told anew. -#}
{% macro tell_touched_anew(target, names, sql) %}
    {%- set meta = config.get('meta', {}) -%}
    {%- set key = meta.get('touched_key') or ('item_key' if 'item_key' in names else 'work_item_id') -%}
    {%- set touched_items = as_it_was('intermediate', meta.get('touched_by', 'int_touched_items')) -%}
    {#- Where an index finds them: all at once and in the order of the table, for which the server reads ahead. Joined, one is
        looked up after another, each waiting for the disk. -#}
    {%- set at_once = key is string and not meta.get('touched_if') and not meta.get('touched_since')
        and config.get('indexes', []) | selectattr('columns.0', 'equalto', key) | list | length > 0 -%}
    {%- set joined = '' if at_once else touched_items ~ ' as touched' -%}
    {%- set is_touched -%}
        {%- if at_once -%}
        kept.{{ key }} = any (array(select touched.{{ key }} from {{ touched_items }} as touched))
        {%- else -%}
        {%- for column in ([key] if key is string else key) -%}
        kept.{{ column }} = touched.{{ column }}{{ ' and ' if not loop.last }}
        {%- endfor -%}
        {%- if meta.get('touched_if') %} and touched.{{ meta.get('touched_if') }}{% endif -%}
        {%- if meta.get('touched_since') %} and {{ lasts_until('kept', 'touched') }}{% endif -%}
        {%- endif -%}
    {%- endset -%}
    {%- set columns = names | join(', ') -%}
    drop table if exists {{ part_name(target.identifier) }};
    create unlogged table {{ part_name(target.identifier) }} (like {{ target }});
    insert into {{ part_name(target.identifier) }} ({{ columns }})
    select {{ columns }} from (
        {{ sql }}
    ) as told;
    analyze {{ part_name(target.identifier) }};
    {%- if at_once %}
    set local enable_indexscan = off;
    {%- endif %}
    {%- if meta.get('keeps_before') %}
    drop table if exists {{ part_name(target.identifier ~ '__before') }};
    create unlogged table {{ part_name(target.identifier ~ '__before') }} as
    select kept.* from {{ target }} as kept{{ ', ' ~ joined if joined }}
    where {{ is_touched }};
    analyze {{ part_name(target.identifier ~ '__before') }};
    {%- endif %}
    delete from {{ target }} as kept{{ ' using ' ~ joined if joined }}
    where {{ is_touched }};
    {%- if at_once %}
    set local enable_indexscan to default;
    {%- endif %}
    insert into {{ target }} ({{ columns }})
    select {{ columns }} from {{ part_name(target.identifier) }};
{% endmacro %}

{#- Of rows with valid_to: whether one lasts until what is touched may be otherwise. -#}
{% macro lasts_until(rows, touched) -%}
    coalesce({{ rows }}.valid_to, 'infinity') >= {{ touched }}.since
{%- endmacro %}

{#- A test of a model of items asks the part when catching up: the rest was tested when it was made. What has to hold of
    each version of a raw row by itself is asked of those that were loaded since. -#}
{% macro get_where_subquery(relation) -%}
    {%- if execute and var('catch_up') and is_of_items(relation.identifier) -%}
        {%- set rows = part_name(relation.identifier) -%}
    {%- elif execute and var('catch_up') and model.test_metadata.name == 'expression_holds'
        and is_of_raw_rows(relation.identifier) -%}
        {%- set rows = '(select * from ' ~ relation ~ ' where batch_id > ' ~ last_batch_before() ~ ') as loaded' -%}
    {%- else -%}
        {%- set rows = relation -%}
    {%- endif -%}
    {%- if config.get('where', '') -%}
        {% do return('(select * from ' ~ rows ~ ' where ' ~ config.get('where') ~ ') dbt_subquery') %}
    {%- else -%}
        {% do return(rows) %}
    {%- endif -%}
{%- endmacro %}

{#- Whether a model without rows of its own, a rule or a metric's observations, looks at one item at a time, by its
    words: it reads parts. A build that catches up asks it about the touched items. -#}
{% macro is_of_one_item(name) -%}
    {%- for node in graph.nodes.values() if node.name == name -%}
        {% do return(modules.re.search('\\b(part|part_of_rows|part_of_events|passed_deadlines)\\(', node.raw_code) is not none) %}
    {%- endfor -%}
    {% do return(false) %}
{%- endmacro %}

{#- Before a build that catches up adds to a table of what such models say: without what is made anew from all.
    ``id`` is the column that names the model, without ``prefix``. A model's ``meta.item`` is an expression over the
    table for what a row is about, where ``work_item_id`` does not say it; its ``meta.touched_by`` a model of others than
    int_touched_items, which it speaks of when catching up, and ``meta.touched_key`` that model's columns for them. -#}
{% macro forget_what_is_told_anew(id, prefix, models) -%}
    {%- if execute and var('catch_up') -%}
        {#- a table keeps its own rows -#}
        {%- set tellers, anew = [], [] -%}
        {%- for node in graph.nodes.values() if node.name in models -%}
            {%- if node.config.materialized == 'view' and (is_of_one_item(node.name) or node.config.meta.touched_by) -%}
                {%- do tellers.append(node) -%}
            {%- else -%}
                {%- do anew.append(node.name | replace(prefix, "", 1)) -%}
            {%- endif -%}
        {%- endfor %}
        {#- named, and one by one: so an index of the table finds them -#}
        delete from {{ this }}
        where {{ id }} in ('{{ anew | join("', '") }}');
        {%- for node in tellers if (node.config.meta.item or node.config.meta.touched_by) %}
        delete from {{ this }}
        where
            {{ id }} = '{{ node.name | replace(prefix, "", 1) }}'
            and {{ node.config.meta.item or 'work_item_id' }} in (
                select {{ node.config.meta.touched_key or 'work_item_id' }}
                from {{ as_it_was('intermediate', node.config.meta.touched_by or 'int_touched_items') }}
            );
        {%- endfor %}
    {%- endif -%}
{%- endmacro %}

{#- Before any node: a model of items that does not say how it catches up would have its rows twice once it does. -#}
{% macro refuse_what_cannot_catch_up() -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' -%}
            {#- A macro of this project may call part(), one of dbt's own does not. -#}
            {%- if node.config.materialized == 'incremental' and not node.config.get('pre-hook')
                and 'catch_up' not in node.raw_code
                and modules.re.search('[{][{%][^}]*?\\b(?!(?:ref|source|config|var|env_var|is_incremental)\\()\\w+\\(', node.raw_code) is none -%}
                {{ exceptions.raise_compiler_error(
                    node.original_file_path ~ ": incremental, and reads no part('…') of another model; make it a table, "
                    ~ "or read parts as docs/analyst.md says"
                ) }}
            {%- elif node.name.endswith('__part') -%}
                {{ exceptions.raise_compiler_error(
                    node.original_file_path ~ ": names that end with __part are those of parts, which go with each "
                    ~ "build; name it otherwise"
                ) }}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{% macro is_of_raw_rows(name) -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.name == name -%}
        {% do return('staging' in node.fqn and 'batch_id' in node.columns) %}
    {%- endfor -%}
    {% do return(false) %}
{%- endmacro %}

{% macro is_of_items(name) -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.name == name -%}
        {% do return(node.config.materialized == 'incremental') %}
    {%- endfor -%}
    {% do return(false) %}
{%- endmacro %}
