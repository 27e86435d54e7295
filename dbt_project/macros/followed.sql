{#- How far back from a diversion's sending a place must have been quiet for a further call to say something. -#}
{% macro quiet_for() -%}
    interval '28 days'
{%- endmacro %}

{#- What repeat calls are counted for, and how long: a dispute from its first conclusion, a diversion from the moment it was
    sent. -#}
{% macro followed() -%}
select
    work_item_id,
    loop,
    station_id,
    incident_id,
    place_key,
    concluded_at as followed_from,
    interval '90 days' as followed_for
from {{ ref('fct_disputes') }}
where concluded_at is not null

union all

select
    work_item_id,
    loop,
    station_id,
    incident_id,
    place_key,
    sent_at,
    interval '30 days'
from {{ ref('fct_diversions') }}
{%- endmacro %}
