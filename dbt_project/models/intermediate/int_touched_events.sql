-- Every version of every event of the touched items: the events of a whole city are looked through once. Empty in a full
-- build.
select * from {{ ref('int_event_versions') }}
{% if not var('catch_up') -%}
where false
{%- endif %}
