-- The moments at which touched items were answered or closed, now or before, and those that time alone brought to light:
-- rules that compare the items of a moment or of a duty day are asked about these. Empty in a full build.
{% if not var('catch_up') %}

select
    null::text as station_id,
    null::text as loop,
    null::timestamptz as valid_from,
    null::date as duty_day,
    null::timestamptz as duty_day_ends_at
where false

{% else %}

with answers as (

    select station_id, loop, valid_from from {{ part('int_item_states') }}
    where {{ is_answer() }}
    union
    select station_id, loop, valid_from from {{ part_before('int_item_states') }}
    where {{ is_answer() }}
    union
    -- a duty day is judged when it is over
    select station_id, loop, valid_from from {{ ref('int_item_states') }}
    where
        {{ is_answer() }}
        and valid_from >= least({{ as_of_before() }}, {{ as_of() }}) - interval '2 days'

),

days as (

    select
        *,
        {{ duty_day('valid_from') }} as duty_day
    from answers

)

select
    *,
    {{ duty_day_end('duty_day') }} as duty_day_ends_at
from days

{% endif %}
