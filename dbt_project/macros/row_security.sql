{#- Who may see a row of a mart. Each model says one word in its config, meta.scope:

      station   rows of a station: the scope names that station, or is the whole city ('*')
      place     rows of a station, and of homes with few calls only for those who work at the station or stand above
                it: column is_small_home, which nobody else's role passes
      totals    counts by station, with no item, place or person in them: as station, and for a wall display those
                of its stations, though it sees no row of any other word. meta.wall_rows narrows what a wall gets
      any       reference data without a station: any scope at all
      city      the whole city only: batches, builds

    Two policies carry it out, each for one role, so that a query is planned with one of them. The page server's
    (scope) asks its setting: no scope, no row, for an unset setting reads NULL, and '' after a transaction that
    had set it. The analysts' (analyst) asks the grant of whoever is logged in: a person with SQL can set any
    setting. The (select …) makes either be asked once per query instead of once per row. -#}

{% macro scope_setting() -%}
    (select nullif(current_setting('closedloop.stations', true), ''))
{%- endmacro %}

{#- The stations of a wall display. Whoever is no wall never sets it. -#}
{% macro totals_setting() -%}
    (select nullif(current_setting('closedloop.totals', true), ''))
{%- endmacro %}

{% macro role_setting() -%}
    (select nullif(current_setting('closedloop.role', true), ''))
{%- endmacro %}

{#- A home with fewer calls than this is a small cell: one could tell who called. -#}
{% macro is_small_home(is_home, calls) -%}
    ({{ is_home }} and {{ calls }} < {{ var('small_cell') }})
{%- endmacro %}

{% macro scope_condition(scope, wall_rows=none) -%}
    {%- if scope == 'place' -%}
        ({{ scope_condition('station') }})
        and (
            not is_small_home
            or {{ role_setting() }} in (
                'leadership', 'duty_officer', 'station', 'station_head', 'instructor', 'control_post'
            )
        )
    {%- elif scope == 'station' -%}
        {{ scope_setting() }} = '*'
        or station_id = any (string_to_array({{ scope_setting() }}, ','))
    {%- elif scope == 'totals' -%}
        {{ scope_condition('station') }}
        or (
            ({{ totals_setting() }} = '*' or station_id = any (string_to_array({{ totals_setting() }}, ',')))
            and ({{ wall_rows or 'true' }})
        )
    {%- elif scope == 'any' -%}
        {{ scope_setting() }} is not null
    {%- elif scope == 'city' -%}
        {{ scope_setting() }} = '*'
    {%- else -%}
        {{ exceptions.raise_compiler_error(
            "scope '" ~ scope ~ "' is none of station, place, totals, any, city: correct config meta.scope of the model"
        ) }}
    {%- endif -%}
{%- endmacro %}

{#- The same words for somebody who is logged in as an analyst. No grant in force: NULL, and so no row. -#}
{% macro analyst_stations() -%}
    ((select access.analyst_stations())::text[])
{%- endmacro %}

{% macro analyst_condition(scope) -%}
    {%- if scope == 'place' -%}
        ({{ analyst_condition('station') }})
        and not is_small_home
    {%- elif scope in ('station', 'totals') -%}
        (select '*' = any (access.analyst_stations()))
        or station_id = any ({{ analyst_stations() }})
    {%- elif scope == 'any' -%}
        (select access.analyst_stations()) is not null
    {%- elif scope == 'city' -%}
        (select '*' = any (access.analyst_stations()))
    {%- endif -%}
{%- endmacro %}

{#- Roles have the names their administrator gave them. -#}
{% macro role_name(variable) -%}
    {{ return('"' ~ env_var(variable).replace('"', '""') ~ '"') }}
{%- endmacro %}

{% macro analysts_exist() -%}
    {{ return(env_var('CLOSEDLOOP_DBT_ANALYSTS', '') != '') }}
{%- endmacro %}

{% macro declared_scope(node) -%}
    {{ return((node.config.meta or {}).get('scope')) }}
{%- endmacro %}

{#- A model under models/marts that is left in another schema (the parts of fct_metric_daily and fct_findings)
    is not read by anyone but the build, and carries no policy. -#}
{% macro is_published_mart(node) -%}
    {{ return(node.resource_type == 'model' and node.config.schema == 'marts'
              and node.config.materialized != 'ephemeral') }}
{%- endmacro %}

{#- Row security of the model that was just made; two-part names, for a distributed Postgres accepts no other form. One
    hook for all: dbt renders each hook of each model, while parsing and at every run. -#}
{% macro secure_rows() -%}
    {#- While parsing, the YAML's meta is not yet known. -#}
    {%- if execute and is_published_mart(model) -%}
        {%- set mart = this.schema ~ '.' ~ this.identifier -%}
        {%- set scope = declared_scope(model) -%}
        {%- call statement() -%}
            alter table {{ mart }} enable row level security;
            {#- Only what caught up is still the table of before. #}
            {%- if model.config.materialized == 'incremental' and load_cached_relation(this) is not none %}
            drop policy if exists scope on {{ mart }};
            drop policy if exists analyst on {{ mart }};
            {%- endif %}
            create policy scope on {{ mart }}
            for select to {{ role_name('CLOSEDLOOP_DBT_READER') }}
            using ({{ scope_condition(scope, (model.config.meta or {}).get('wall_rows')) }});
            {%- if analysts_exist() %}
            create policy analyst on {{ mart }}
            for select to {{ role_name('CLOSEDLOOP_DBT_ANALYSTS') }}
            using ({{ analyst_condition(scope) }});
            {%- endif %}
        {%- endcall -%}
    {%- endif -%}
{%- endmacro %}

{#- A mart without a scope word, or one that cannot carry a policy, stops the run before its first node. -#}
{% macro require_scopes() -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if is_published_mart(node) -%}
            {%- if declared_scope(node) not in ('station', 'place', 'totals', 'any', 'city') -%}
                {{ exceptions.raise_compiler_error(
                    node.original_file_path ~ ": config meta.scope is missing or unknown; "
                    ~ "write one of station, place, totals, any, city in the folder's YAML"
                ) }}
            {%- endif -%}
            {%- if node.config.materialized not in ('table', 'incremental') -%}
                {{ exceptions.raise_compiler_error(
                    node.original_file_path ~ ": a " ~ node.config.materialized
                    ~ " cannot carry row security; make it a table"
                ) }}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{#- A builder that is itself subject to row security reads 0 rows of what it built, and every test passes. -#}
{% macro refuse_builder_under_row_security() -%}
    {%- if execute -%}
        {%- set hidden = run_query(
            "select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
            ~ "where n.nspname in ('raw', 'ops', '" ~ generate_schema_name('reference', none) ~ "', '"
            ~ generate_schema_name('staging', none) ~ "', '" ~ generate_schema_name('intermediate', none) ~ "', '"
            ~ generate_schema_name('marts', none) ~ "') and c.relkind in ('r', 'p') "
            ~ "and row_security_active(c.oid) limit 1"
        ) -%}
        {%- if hidden.rows | length > 0 -%}
            {{ exceptions.raise_compiler_error(
                "row security hides rows of " ~ hidden.rows[0][0] ~ " from user " ~ target.user
                ~ ": build as the owner of the schemas (CLOSEDLOOP_OWNER_URL), and never FORCE row level security"
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#- The last word of every run: whatever stands in the schema of the marts, whoever made it, carries its policies,
    and none that is for everybody. -#}
{% macro require_row_security() -%}
    {%- if execute -%}
        {%- set bare = run_query(
            "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
            ~ "where n.nspname = '" ~ generate_schema_name('marts', none) ~ "' "
            ~ "and c.relkind in ('r', 'p', 'v', 'm', 'f') "
            ~ "and (not c.relrowsecurity "
            ~ "or not exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'scope') "
            ~ ("or not exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'analyst') "
               if analysts_exist() else "")
            ~ "or exists (select from pg_policy p where p.polrelid = c.oid and 0 = any (p.polroles))) "
            ~ "order by 1"
        ) -%}
        {%- if bare.rows | length > 0 -%}
            {{ exceptions.raise_compiler_error(
                "no row security on " ~ bare.columns[0].values() | join(', ') ~ " in "
                ~ generate_schema_name('marts', none) ~ ": make it a model of models/marts, or drop it"
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
