{{ config(
    materialized='incremental',
    indexes=[
        {'columns': ['work_item_id'], 'unique': True},
        {'columns': ['station_id', 'found_at']},
    ]
) }}

with disputes as (

    select * from {{ part_of_rows('stg_disputes', 'dispute_id') }} as stored
    where is_current

),

items as (

    select * from {{ part('fct_work_items') }}
    where source_table = 'disputes'

),

stages as (

    select
        work_item_id,
        {{ first_time_of('assign') }} as assigned_at,
        {{ first_time_of('mediate') }} as first_mediated_at,
        {{ first_time_of('stabilise') }} as stabilised_at,
        {{ first_time_of('conclude') }} as concluded_at,
        {{ first_time_of('revisit') }} as revisited_at,
        count(*) filter (where stage = 'mediate') as mediations
    from {{ part('int_item_events') }}
    where kind = 'stage' and occurred_at <= {{ as_of() }}
    group by work_item_id

),

-- What was asked for when the first clock started: an extension granted later does not move this one.
deadlines as (

    select distinct on (work_item_id)
        work_item_id,
        base_due_at as conclude_due_at
    from {{ part('fct_sla_targets') }}
    where target = 'conclude' and is_confirmed
    order by work_item_id, started_at, spell_no

),

categories as (

    select * from {{ ref('categories') }}
    where kind = 'dispute'

),

joined as (

    select

        ---------- ids
        items.work_item_id,
        disputes.dispute_id,
        disputes.source_no,
        disputes.loop,
        items.station_id,
        items.opening_station_id,
        items.bureau_id,
        disputes.incident_id,
        disputes.lead_department_id,

        ---------- what it is
        disputes.source,
        disputes.dispute_type,
        coalesce(categories.category, 'unclassified') as category,
        categories.category is null as is_unclassified,
        items.severity,
        items.severity_at_issue,
        disputes.outcome,

        ---------- where
        disputes.place,
        disputes.place_key,

        ---------- timestamps
        disputes.found_at,
        stages.assigned_at,
        stages.first_mediated_at,
        stages.stabilised_at,
        stages.concluded_at,
        stages.revisited_at,
        deadlines.conclude_due_at,
        {{ withdrawn_at('disputes', 'found_at') }} as withdrawn_at,
        {{ duty_day('disputes.found_at') }} as duty_day,

        ---------- status
        coalesce(stages.mediations, 0)::integer as mediations,
        items.is_open,
        items.is_withdrawn,
        -- 化解 alone: concluded, not opened again, and not by way of court, handing over or mere stabilising.
        (
            items.closed_at is not null
            and not items.is_open
            and coalesce(disputes.outcome, 'resolved') = 'resolved'
        ) as is_resolved,

        ---------- lineage
        disputes.batch_id,
        disputes.source_file,
        disputes.source_row

    from disputes
    inner join items on disputes.loop || ':' || disputes.dispute_id = items.work_item_id
    left join stages using (work_item_id)
    left join deadlines using (work_item_id)
    left join categories on disputes.dispute_type = categories.category

)

select
    work_item_id,
    dispute_id,
    source_no,
    loop,
    station_id,
    opening_station_id,
    bureau_id,
    incident_id,
    lead_department_id,
    source,
    dispute_type,
    category,
    is_unclassified,
    severity,
    severity_at_issue,
    outcome,
    place,
    place_key,
    found_at,
    assigned_at,
    first_mediated_at,
    stabilised_at,
    concluded_at,
    revisited_at,
    conclude_due_at,
    withdrawn_at,
    duty_day,
    {{ minutes_between('found_at', 'first_mediated_at') }} / 60.0 as hours_to_first_mediation,
    {{ minutes_between('found_at', 'concluded_at') }} / 1440.0 as days_to_conclude,
    mediations,
    is_open,
    is_withdrawn,
    is_resolved,
    {{ stands_at_end_of_first_day('found_at') }} as stands_at_end_of_first_day,
    batch_id,
    source_file,
    source_row
from joined
