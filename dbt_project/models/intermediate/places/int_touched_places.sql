-- The places whose windows are counted anew: those of touched calls, now or before, those that are written otherwise, and
-- those where time alone changed something since the build that is gone on from. In a full build there are none: it counts all.
{% if not var('catch_up') %}

select null::bigint as place_id
where false

{% else %}

with moments as (

    select
        least(as_of, {{ as_of() }}) as since,
        greatest(as_of, {{ as_of() }}) as until
    from {{ as_it_was('reference', 'caught_up_from') }}

)

select place_id from {{ part('int_place_calls') }}
union
select place_id from {{ part_before('int_place_calls') }}
union
select place_id from {{ part('int_place_keys') }}
union
select place_id from {{ part_before('int_place_keys') }}
union
select calls.place_id
from {{ ref('int_place_calls') }} as calls
cross join moments
where
    calls.received_at between moments.since and moments.until
    or calls.leaves_at between moments.since and moments.until
    or calls.forgotten_at between moments.since and moments.until

{% endif %}
