{{ config(
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
        null::text as subject_key,
        null::jsonb as detail
    where false
    {% endfor %}

)

-- The id stays the same from build to build, so that a finding can be pointed at.
select
    md5(concat_ws('|', rule_id, coalesce(work_item_id, ''), subject_key, extract(epoch from found_at))) as finding_id,
    rule_id,
    work_item_id,
    station_id,
    loop,
    found_at,
    mended_at,
    subject_key,
    detail
from found
where found_at <= {{ as_of() }}
