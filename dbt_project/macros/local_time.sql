{#- Days are counted in the warehouse's time zone; moments stay timestamptz. -#}

{% macro local_date(moment) -%}
    (({{ moment }}) at time zone '{{ var("time_zone") }}')::date
{%- endmacro %}

{#- The moment at which a local day begins; the day ends where the next one begins. -#}
{% macro local_midnight(day) -%}
    (({{ day }})::timestamp at time zone '{{ var("time_zone") }}')
{%- endmacro %}

{#- The duty day a moment belongs to. With the hour 8: the 24th 08:00 up to just before the 25th 08:00 is
    the 25th; 08:00 sharp belongs to the next one. -#}
{% macro duty_day(moment) -%}
    (
        (
            ({{ moment }}) at time zone '{{ var("time_zone") }}'
            - interval '{{ var("duty_day_start_hour") }} hours'
        )::date + 1
    )
{%- endmacro %}

{#- The moment at which a duty day ends. -#}
{% macro duty_day_end(day) -%}
    {{ local_midnight(day) }} + interval '{{ var("duty_day_start_hour") }} hours'
{%- endmacro %}
