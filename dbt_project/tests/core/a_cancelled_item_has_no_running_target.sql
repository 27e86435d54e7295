-- Otherwise work that nobody has to do would turn overdue.
select targets.spell_id
from {{ part('fct_sla_targets') }} as targets
inner join {{ part('fct_work_items') }} as items on targets.work_item_id = items.work_item_id
where
    items.status = 'cancelled'
    and targets.started_at <= items.cancelled_at
    and (targets.ended_at is null or targets.ended_at > items.cancelled_at)
