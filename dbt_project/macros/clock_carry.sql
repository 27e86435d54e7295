{#- The first, the last, the current value along an item's events. The sequence number in front of the value makes the
    order of texts the order of events: one pass, no self-join. All need a column `event_seq`. -#}

{% macro numbered(value) -%}
    lpad(event_seq::text, 9, '0') || {{ value }} collate "C"
{%- endmacro %}

{#- The value that an event last set, carried forward: what `last_value … ignore nulls` says in other databases. Needs a
    window `so_far` (the item's events up to this one). A value set to NULL carries NULL. -#}
{% macro carried(value, set_when) -%}
    nullif(substr(max({{ numbered('coalesce(' ~ value ~ ", '')") }}) filter (where {{ set_when }}) over so_far, 10), '')
{%- endmacro %}

{#- Aggregates: the first and the last value that is not NULL among the events of a group. -#}
{% macro first_known(value) -%}
    substr(min({{ numbered(value) }}), 10)
{%- endmacro %}

{% macro last_known(value) -%}
    substr(max({{ numbered(value) }}), 10)
{%- endmacro %}
