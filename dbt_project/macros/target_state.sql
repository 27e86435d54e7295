{#- The one definition of a deadline's state, used by the marts and by every page.

    marts.target_state(as_of, known_until, started_at, ended_at, end_kind, breached_at, phase, due_at)

    phase and due_at are those of the segment of fct_sla_clock that holds as_of (both NULL once the spell has ended).
    An end that lies before as_of is a fact, whatever complete loads cover; a deadline that passed after
    known_until is not yet known to be missed. NULL: not yet started.

    It is created before the first model of a run, in the schema that the run builds; it refers to its arguments alone,
    so it travels with the schema when that is renamed, and is inlined where it is called. -#}
{% macro target_state_function() -%}
    {{ generate_schema_name('marts', none) }}.target_state
{%- endmacro %}

{#- `dbt test` looks at what is there, published or not, and makes nothing. -#}
{% macro create_marts_schema() -%}
    {%- if flags.WHICH != 'test' -%}
        create schema if not exists {{ generate_schema_name('marts', none) }}
    {%- endif -%}
{%- endmacro %}

{% macro create_target_state() -%}
    {%- if flags.WHICH != 'test' -%}
    create or replace function {{ target_state_function() }}(
        as_of timestamptz,
        known_until timestamptz,
        started_at timestamptz,
        ended_at timestamptz,
        end_kind text,
        breached_at timestamptz,
        phase text,
        due_at timestamptz
    )
    returns text
    language sql
    immutable
    parallel safe
    as $$
        select case
            when as_of < started_at then null
            when ended_at <= as_of and breached_at < ended_at then 'late'
            when ended_at <= as_of and end_kind = 'cancel' then 'cancelled'
            when ended_at <= as_of then 'met'
            when breached_at < least(as_of, known_until) then 'overdue'
            when breached_at < as_of then 'unknown'
            when phase = 'paused' then 'paused'
            when due_at is null then 'no_calendar'
            else 'running'
        end
    $$
    {%- endif -%}
{%- endmacro %}
