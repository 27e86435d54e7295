-- int_work_items keeps one row of each; here are the others.
with named as (

    {% for table, key, opened_at in [
        ('incidents', 'incident_id', 'received_at'),
        ('disputes', 'dispute_id', 'found_at'),
        ('directives', 'directive_id', 'issued_at'),
        ('diversions', 'diversion_id', 'sent_at'),
        ('tasks', 'task_id', 'opened_at'),
    ] -%}
    select
        loop || ':' || {{ key }} as work_item_id,
        '{{ table }}' as source_table,
        loop,
        {{ opened_at }} as opened_at,
        source_file,
        source_row
    from {{ part_of_rows('stg_' ~ table, key) }} as stored
    where is_effective
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

items as (

    select
        work_item_id,
        source_table,
        station_id,
        opened_at,
        source_file,
        source_row
    from {{ part('int_work_items') }}

)

select
    items.work_item_id,
    items.station_id,
    named.loop,
    greatest(items.opened_at, named.opened_at) as found_at,
    null::timestamptz as mended_at,
    false as is_silence,
    named.source_table as subject_key,
    jsonb_build_object(
        'kept', items.source_table || ': ' || items.source_file || ' #' || items.source_row,
        'left_out', named.source_table || ': ' || named.source_file || ' #' || named.source_row
    ) as detail
from named
inner join items
    on named.work_item_id = items.work_item_id
    and named.source_table <> items.source_table
