-- The segments of a spell begin and end with it; a hole at either end would be a time without a deadline.
with clocks as (

    select
        spell_id,
        min(seg_from) as starts,
        -- an open end beats every other
        nullif(max(coalesce(seg_to, 'infinity')), 'infinity') as ends
    from {{ part('fct_sla_clock') }}
    group by spell_id

)

select
    targets.spell_id,
    targets.started_at,
    targets.ended_at,
    clocks.starts,
    clocks.ends
from {{ part('fct_sla_targets') }} as targets
left join clocks on targets.spell_id = clocks.spell_id
where
    targets.started_at is distinct from targets.ended_at
    and (targets.started_at is distinct from clocks.starts or targets.ended_at is distinct from clocks.ends)
