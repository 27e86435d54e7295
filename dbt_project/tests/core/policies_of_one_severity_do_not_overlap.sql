-- A moment has one policy. Of two rows in force at once the later would win silently.
select
    earlier.policy_id,
    later.policy_id as overlapping_policy_id
from {{ ref('sla_policy') }} as earlier
inner join {{ ref('sla_policy') }} as later
    on earlier.loop = later.loop
    and earlier.target = later.target
    and earlier.severity = later.severity
    and (earlier.valid_from, earlier.policy_id) < (later.valid_from, later.policy_id)
where coalesce(earlier.valid_to::date, 'infinity'::date) > later.valid_from::date
