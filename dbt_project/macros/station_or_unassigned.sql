{#- What names no known station belongs to UNASSIGNED, which leadership and analysts alone can see.
    The argument is the station found by a left join to the known ones. -#}
{% macro station_or_unassigned(found_station_id) -%}
    coalesce({{ found_station_id }}, 'UNASSIGNED')
{%- endmacro %}
