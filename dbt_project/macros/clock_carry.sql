{#- The value that an event last set, carried forward along its item's events: what `last_value … ignore nulls` would say
    in other databases. Needs `event_seq` and a window named `so_far` (the item's events up to this one, in order).
    A value set to NULL carries NULL. One pass, no self-join: the sequence number in front makes the latest text the
    greatest one. -#}
{% macro carried(value, set_when) -%}
    nullif(
        substr(
            max(lpad(event_seq::text, 9, '0') || coalesce({{ value }}, '') collate "C")
                filter (where {{ set_when }}) over so_far,
            10
        ),
        ''
    )
{%- endmacro %}
