with overdue as (

    select
        work_item_id,
        station_id,
        loop,
        target,
        spell_no,
        breached_at,
        ended_at
    from {{ part('fct_sla_targets') }}
    where
        loop = 'directive'
        and target in ('handle', 'rectify')
        and is_confirmed
        and breached_at is not null

),

chases as (

    select
        work_item_id,
        effective_at
    from {{ part('int_item_events') }}
    where move in ('chase', 'escalate')

),

chased as (

    select
        overdue.work_item_id,
        overdue.target,
        overdue.spell_no,
        min(chases.effective_at) as chased_at
    from overdue
    inner join chases
        on overdue.work_item_id = chases.work_item_id
        and chases.effective_at >= overdue.breached_at
    group by overdue.work_item_id, overdue.target, overdue.spell_no

),

waited as (

    select
        overdue.*,
        {{ just_after("overdue.breached_at + interval '24 hours'") }} as found_at,
        least(chased.chased_at, overdue.ended_at) as mended_at
    from overdue
    left join chased using (work_item_id, target, spell_no)

)

select
    work_item_id,
    station_id,
    loop,
    found_at,
    mended_at,
    true as is_silence,
    target || ':' || spell_no as subject_key,
    jsonb_build_object('target', target, 'due_at', breached_at) as detail
from waited
where coalesce(mended_at > found_at, true)
