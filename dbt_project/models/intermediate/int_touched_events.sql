-- Every version of every event of the touched items: the events of a whole city are looked through once.
select versions.*
from {{ ref('int_event_versions') }} as versions
{% if var('catch_up') %}
inner join {{ ref('int_touched_items') }} as touched
    on versions.loop = touched.loop and versions.item_id = touched.item_id
{% else %}
where false
{% endif %}
