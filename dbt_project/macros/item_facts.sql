{#- Small phrases of the facts: one row per item of one raw table, with the times of its stages beside it. -#}

{#- First time of a stage, over the events that count, grouped by item. -#}
{% macro first_time_of(stage) -%}
    min(occurred_at) filter (where stage = '{{ stage }}')
{%- endmacro %}

{#- Minutes from one moment to a later one; NULL when either is unknown or they stand in the wrong order. -#}
{% macro minutes_between(start, stop) -%}
    case
        when {{ stop }} >= {{ start }}
            then (extract(epoch from {{ stop }} - {{ start }}) / 60.0)::double precision
    end
{%- endmacro %}

{#- When the row was withdrawn (staging says it), never before the item opened. -#}
{% macro withdrawn_at(row, opened_at) -%}
    case
        when {{ row }}.is_retracted
            then greatest({{ row }}.withdrawn_at, {{ row }}.{{ opened_at }})
    end
{%- endmacro %}

{#- A figure of a day counts what stood when the day ended: a row withdrawn later was there. -#}
{% macro stands_at_end_of_first_day(opened_at) -%}
    coalesce(
        withdrawn_at >= {{ local_midnight(local_date(opened_at) ~ ' + 1') }},
        true
    )
{%- endmacro %}

{#- The stages that answer for an item. -#}
{% macro answering_stages() -%}
    ('handle', 'close', 'feedback', 'conclude')
{%- endmacro %}

{#- An index of some of a table's rows, which dbt's own setting has no word for. A build that catches up keeps the table. -#}
{% macro partial_index(columns, condition, answers=none) -%}
    {%- if not var('catch_up') -%}
        create index on {{ this }} ({{ columns }}) {{ 'include (' ~ answers ~ ')' if answers }} where {{ condition }}
    {%- endif -%}
{%- endmacro %}

{#- Whether a state of int_item_states began with an answer or a closing, which rules compare with those of other items.
    int_item_states has indexes for exactly this, by time and by a station's time. -#}
{% macro is_answer(states=none) -%}
    {%- set of = states ~ '.' if states else '' -%}
    {{ of }}kind = 'stage'
    and {{ of }}is_live
    and ({{ of }}status = 'closed' or {{ of }}event_stage in {{ answering_stages() }})
{%- endmacro %}

{#- Whether a target of fct_sla_targets is the handling of a directive, and whether a state of int_item_states is the
    inspection of one: the metrics of them are counted by station and day, and have indexes for exactly this. -#}
{% macro is_handling() -%}
    loop = 'directive' and target = 'handle'
{%- endmacro %}

{% macro is_inspection() -%}
    loop = 'directive' and event_stage = 'inspect'
{%- endmacro %}
