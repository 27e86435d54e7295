{{ config(
    materialized='incremental',
    indexes=[
        {'columns': ['finding_id'], 'unique': True},
        {'columns': ['station_id', 'found_at']},
        {'columns': ['rule_id', 'found_at']},
        {'columns': ['work_item_id']},
    ]
) }}

with found as (

    {% for stem in var('finding_models') %}
    select
        '{{ stem | replace("finding_", "", 1) }}'::text as rule_id,
        work_item_id,
        station_id,
        loop,
        found_at,
        mended_at,
        is_silence,
        subject_key,
        detail
    from {{ ref(stem) }}
    {% if not loop.last %}union all{% endif %}
    {% else %}
    select
        null::text as rule_id,
        null::text as work_item_id,
        null::text as station_id,
        null::text as loop,
        null::timestamptz as found_at,
        null::timestamptz as mended_at,
        null::boolean as is_silence,
        null::text as subject_key,
        null::jsonb as detail
    where false
    {% endfor %}

),

items as (

    select
        work_item_id,
        source_table,
        case when is_withdrawn then greatest(withdrawn_at, opened_at) end as withdrawn_at
    from {{ ref('int_work_items') }}

),

states as (

    select
        work_item_id,
        station_id,
        valid_from,
        valid_to
    from {{ ref('fct_loop_stages') }}

),

known as (

    select
        station_id,
        source_table,
        max(covers_until) as known_until
    from {{ ref('int_coverage') }}
    group by station_id, source_table

),

-- A finding belongs to the station that had the item when it became true, whoever has it now.
placed as (

    select
        found.rule_id,
        found.work_item_id,
        coalesce(states.station_id, found.station_id, 'UNASSIGNED') as station_id,
        found.loop,
        found.found_at,
        -- a row that was withdrawn takes what was wrong with it along
        least(
            found.mended_at,
            case when items.withdrawn_at > found.found_at then items.withdrawn_at end
        ) as mended_at,
        found.is_silence,
        items.source_table,
        found.subject_key,
        found.detail
    from found
    left join items using (work_item_id)
    left join states
        on found.work_item_id = states.work_item_id
        and states.valid_from <= found.found_at
        and (states.valid_to is null or states.valid_to > found.found_at)
    where coalesce(items.withdrawn_at >= found.found_at, true)

),

judged as (

    select
        placed.*,
        {{ as_of() }} as as_of,
        known.known_until
    from placed
    left join known using (station_id, source_table)

)

-- The id stays the same from build to build, so that a finding can be pointed at.
select
    md5(concat_ws('|', rule_id, coalesce(work_item_id, ''), subject_key, extract(epoch from found_at))) as finding_id,
    rule_id,
    work_item_id,
    station_id,
    loop,
    found_at,
    case when mended_at <= as_of then mended_at end as mended_at,
    subject_key,
    detail
from judged
where
    found_at <= as_of
    -- what was not done is known only as far as the station has reported
    and (not is_silence or mended_at <= as_of or found_at <= known_until)
