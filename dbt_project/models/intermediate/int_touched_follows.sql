-- The disputes and diversions whose repeat calls are counted anew: touched ones, and those that a touched incident, as it
-- is or as it was, may be counted for: at its place, from the time that must have been quiet before they are followed
-- until that ends. Empty in a full build.
with calls as (

    {% if var('catch_up') %}
    select place_key, received_at from {{ part('fct_incidents') }}
    union
    select place_key, received_at from {{ part_before('fct_incidents') }}
    {% else %}
    select place_key, received_at from {{ ref('fct_incidents') }}
    where false
    {% endif %}

),

followed as (

    {{ followed() }}

)

select work_item_id from {{ ref('int_touched_items') }}
union
select followed.work_item_id
from followed
inner join calls
    on
        followed.place_key = calls.place_key
        and calls.received_at >= followed.followed_from - {{ quiet_for() }}
        and calls.received_at <= followed.followed_from + followed.followed_for
