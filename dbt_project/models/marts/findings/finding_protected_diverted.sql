{{ config(meta={'touched_by': 'int_touched_diverted'}) }}

-- Domestic violence, minors, missing and suicidal persons are the police's own matter, whoever else helps.
with protected as (

    select category from {{ ref('categories') }}
    where kind = 'incident' and is_protected = 1

),

incidents as (

    select
        incidents.work_item_id,
        incidents.incident_id,
        incidents.station_id,
        incidents.loop,
        incidents.outcome,
        incidents.received_at,
        incidents.handled_at,
        incidents.initial_type,
        incidents.final_type,
        -- what the scene found is known once the scene has answered
        case
            when incidents.initial_type in (select protected.category from protected)
                then incidents.received_at
            else coalesce(incidents.handled_at, incidents.received_at)
        end as known_at
    from {{ ref('fct_incidents') }} as incidents
    where
        (
            incidents.initial_type in (select protected.category from protected)
            or incidents.final_type in (select protected.category from protected)
        )
        {% if var('catch_up') -%}
        and incidents.work_item_id in (select touched.work_item_id from {{ ref('int_touched_diverted') }} as touched)
        {%- endif %}

),

diversions as (

    select
        diversions.work_item_id,
        diversions.incident_id,
        diversions.sent_at,
        taken_back.taken_back_at
    from {{ ref('fct_diversions') }} as diversions
    -- taken back: returned, or cancelled before the department was done
    left join lateral (
        select min(states.valid_from) as taken_back_at
        from {{ ref('int_item_states') }} as states
        where
            states.item_key = hashtextextended(diversions.work_item_id, 0)
            and states.is_live
            and (states.status = 'cancelled' or states.effect = 'return')
    ) as taken_back on true
    where diversions.incident_id in (select incidents.incident_id from incidents)

),

diverted as (

    select
        incidents.*,
        diversions.work_item_id as diversion,
        greatest(diversions.sent_at, incidents.known_at) as found_at,
        diversions.taken_back_at as mended_at
    from incidents
    inner join diversions using (incident_id)

    union all

    -- the scene diverted it and no diversion is on record
    select
        incidents.*,
        null::text as diversion,
        incidents.handled_at as found_at,
        null::timestamptz as mended_at
    from incidents
    where incidents.outcome = 'diverted' and incidents.handled_at is not null

),

-- the same call diverted in both ways is one finding, from the first of them on
first as (

    select distinct on (work_item_id) *
    from diverted
    where coalesce(mended_at > found_at, true)
    order by work_item_id, found_at, diversion

)

select
    work_item_id,
    station_id,
    loop,
    greatest(found_at, received_at) as found_at,
    mended_at,
    false as is_silence,
    'diversion' as subject_key,
    jsonb_build_object('diversion', diversion) as detail
from first
