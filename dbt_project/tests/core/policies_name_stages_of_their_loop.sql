-- A start or a stop that the loop does not have is never heard: the clock would never start, or never stop.
select
    policies.policy_id,
    named.stage
from {{ ref('sla_policy') }} as policies
cross join lateral (values (policies.start_stage), (policies.stop_stage)) as named (stage)
left join {{ ref('int_loop_stages') }} as stages
    on policies.loop = stages.loop
    and named.stage = stages.stage
where stages.stage is null
