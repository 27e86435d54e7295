{{ config(meta={'touched_by': 'int_touched_follows'}) }}

-- A transfer is not a result. At places that call all the time the next call says nothing, so they are left out.
with incidents as not materialized (

    select
        incidents.work_item_id,
        incidents.incident_id,
        incidents.source_no,
        incidents.place_key,
        incidents.category_initial,
        incidents.received_at,
        incidents.merged_into,
        coalesce(categories.is_police_matter = 1, true) as is_police_matter
    from {{ ref('fct_incidents') }} as incidents
    left join {{ ref('categories') }} as categories on incidents.category_initial = categories.category

),

diverted as (

    select
        diversions.work_item_id,
        diversions.station_id,
        diversions.loop,
        diversions.sent_at,
        diversions.incident_id,
        incidents.place_key,
        incidents.category_initial
    from {{ ref('fct_diversions') }} as diversions
    inner join incidents using (incident_id)
    where
        incidents.place_key is not null
        {% if var('catch_up') -%}
        and diversions.work_item_id in (select touched.work_item_id from {{ ref('int_touched_follows') }} as touched)
        {%- endif %}

),

recalls as (

    select
        diverted.*,
        incidents.incident_id as recall_id,
        incidents.work_item_id as recall,
        incidents.received_at as recalled_at,
        incidents.category_initial = diverted.category_initial as is_same
    from diverted
    inner join incidents
        on diverted.place_key = incidents.place_key
        and diverted.incident_id <> incidents.incident_id
        and incidents.received_at > diverted.sent_at
        and incidents.received_at <= diverted.sent_at + interval '72 hours'
    where
        incidents.merged_into is null
        and (incidents.category_initial = diverted.category_initial or incidents.is_police_matter)

),

quiet as (

    select recalls.*
    from recalls
    where (
        select count(*)
        from incidents as earlier
        where
            recalls.place_key = earlier.place_key
            and earlier.received_at >= recalls.sent_at - {{ quiet_for() }}
            and earlier.received_at < recalls.sent_at
            and earlier.incident_id <> recalls.incident_id -- the diverted call itself
    ) <= 2

),

first as (

    select distinct on (work_item_id) *
    from quiet
    order by work_item_id, recalled_at, recall_id

)

select
    work_item_id,
    station_id,
    loop,
    recalled_at as found_at,
    null::timestamptz as mended_at,
    false as is_silence,
    'recall' as subject_key,
    jsonb_build_object('recall', recall, 'same_category', is_same) as detail
from first
