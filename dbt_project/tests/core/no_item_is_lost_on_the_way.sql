-- Every current row of the five item tables is one work item. Without this a join in the middle could drop items
-- silently, and every count of open work would be too small.
with staged as (

    {% for table, key in {
        'incidents': 'incident_id',
        'disputes': 'dispute_id',
        'directives': 'directive_id',
        'diversions': 'diversion_id',
        'tasks': 'task_id',
    }.items() -%}
    select
        '{{ table }}' as source_table,
        loop || ':' || {{ key }} as work_item_id
    from {{ ref('stg_' ~ table) }}
    where is_current
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    coalesce(staged.work_item_id, items.work_item_id) as work_item_id,
    staged.source_table as staged_in,
    items.source_table as mart_says
from staged
full join {{ ref('fct_work_items') }} as items
    on staged.work_item_id = items.work_item_id
    and staged.source_table = items.source_table
where staged.work_item_id is null or items.work_item_id is null
