-- Every current row of the five item tables is one work item; of two tables with the same number one is kept, and
-- finding_duplicate_item names the other. Without this a join in the middle could drop items silently, and every
-- count of open work would be too small.
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
    from {{ part_of_rows('stg_' ~ table, key) }} as rows_of_{{ table }}
    where is_current
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

named as (

    select
        work_item_id,
        array_agg(source_table) as source_tables
    from staged
    group by work_item_id

)

select
    coalesce(named.work_item_id, items.work_item_id) as work_item_id,
    named.source_tables as staged_in,
    items.source_table as mart_says
from named
full join {{ part('fct_work_items') }} as items using (work_item_id)
where coalesce(items.source_table <> all(named.source_tables), true)
