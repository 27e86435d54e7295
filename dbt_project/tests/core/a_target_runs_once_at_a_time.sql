-- While a target runs, a second start changes nothing. Overlapping spells would count one delay twice.
-- (An upgrade opens a further one on purpose, for the higher colour.)
with spells as (

    select
        *,
        lead(started_at) over (partition by work_item_id, target order by spell_no) as next_started_at
    from {{ part('fct_sla_targets') }}
    where start_reason <> 'upgrade'

)

select *
from spells
where next_started_at is not null and (ended_at is null or ended_at > next_started_at)
