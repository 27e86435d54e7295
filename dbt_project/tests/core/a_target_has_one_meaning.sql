-- All policy rows of one loop × target start, stop and restart alike; they may differ in severity, limit and validity
-- alone. Otherwise a recoloured item's clock would change its meaning midway, and int_sla_triggers would pick one at will.
select
    loop,
    target
from {{ ref('sla_policy') }}
group by loop, target
having
    count(distinct row(
        start_stage,
        coalesce(start_outcome::text, ''),
        stop_stage,
        charged_to,
        restart_on_reopen
    )) > 1
