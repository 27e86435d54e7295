{{ config(
    materialized='incremental',
    indexes=[
        {'columns': ['work_item_id'], 'unique': True},
        {'columns': ['station_id', 'issued_at']},
        {'columns': ['duty_day']},
    ]
) }}

with directives as (

    select * from {{ part_of_rows('stg_directives', 'directive_id') }} as stored
    where is_current

),

items as (

    select * from {{ part('fct_work_items') }}
    where source_table = 'directives'

),

stages as (

    select
        work_item_id,
        {{ first_time_of('dispatch') }} as dispatched_at,
        {{ first_time_of('sign') }} as signed_at,
        {{ first_time_of('handle') }} as handled_at,
        {{ first_time_of('collect') }} as collected_at,
        {{ first_time_of('inspect') }} as inspected_at,
        {{ first_time_of('rectify') }} as rectified_at,
        {{ first_time_of('feedback') }} as fed_back_at,
        count(*) filter (where stage = 'inspect') as inspections,
        count(*) filter (where stage = 'inspect' and is_failed) as inspections_failed
    from {{ part('int_item_events') }}
    where kind = 'stage' and occurred_at <= {{ as_of() }}
    group by work_item_id

),

joined as (

    select

        ---------- ids
        items.work_item_id,
        directives.directive_id,
        directives.source_no,
        directives.loop,
        items.station_id,
        items.opening_station_id,
        coalesce(directives.bureau_id, items.bureau_id) as bureau_id,
        directives.subject_loop,
        directives.subject_id,
        directives.subject_loop || ':' || directives.subject_id as subject_work_item_id,

        ---------- what it is
        directives.kind,
        directives.title,
        directives.measures,
        nullif(btrim(directives.measures), '') is not null as has_measures,
        items.severity,
        items.severity_at_issue,

        ---------- timestamps
        directives.issued_at,
        directives.due_at,
        stages.dispatched_at,
        stages.signed_at,
        stages.handled_at,
        stages.collected_at,
        stages.inspected_at,
        stages.rectified_at,
        stages.fed_back_at,
        {{ withdrawn_at('directives', 'issued_at') }} as withdrawn_at,
        {{ duty_day('directives.issued_at') }} as duty_day,

        ---------- status
        coalesce(stages.inspections, 0)::integer as inspections,
        coalesce(stages.inspections_failed, 0)::integer as inspections_failed,
        items.is_open,
        items.is_withdrawn,

        ---------- lineage
        directives.batch_id,
        directives.source_file,
        directives.source_row

    from directives
    inner join items on directives.loop || ':' || directives.directive_id = items.work_item_id
    left join stages using (work_item_id)

)

select
    work_item_id,
    directive_id,
    source_no,
    loop,
    station_id,
    opening_station_id,
    bureau_id,
    subject_loop,
    subject_id,
    subject_work_item_id,
    kind,
    title,
    measures,
    has_measures,
    severity,
    severity_at_issue,
    issued_at,
    due_at,
    dispatched_at,
    signed_at,
    handled_at,
    collected_at,
    inspected_at,
    rectified_at,
    fed_back_at,
    withdrawn_at,
    duty_day,
    {{ minutes_between('dispatched_at', 'signed_at') }} as minutes_to_sign,
    {{ minutes_between('dispatched_at', 'handled_at') }} / 60.0 as hours_to_handle,
    {{ minutes_between('issued_at', 'fed_back_at') }} / 1440.0 as days_to_feed_back,
    inspections,
    inspections_failed,
    is_open,
    is_withdrawn,
    {{ stands_at_end_of_first_day('issued_at') }} as stands_at_end_of_first_day,
    batch_id,
    source_file,
    source_row
from joined
