{{ config(
    materialized='incremental',
    indexes=[
        {'columns': ['finding_id'], 'unique': True},
        {'columns': ['station_id', 'found_at']},
        {'columns': ['rule_id', 'found_at']},
        {'columns': ['work_item_id']},
    ]
) }}

{#- What rules of one item say is placed with the touched items alone when catching up. -#}
{%- set of_one_item, of_many = [], [] -%}
{%- for stem in var('finding_models') -%}
    {%- do (of_one_item if execute and var('catch_up') and is_of_one_item(stem) else of_many).append(stem) -%}
{%- endfor -%}

with known as (

    select
        station_id,
        source_table,
        max(covers_until) as known_until
    from {{ ref('int_coverage') }}
    group by station_id, source_table

),

-- A finding belongs to the station that had the item when it became true, whoever has it now.
placed as (

    {{ placed_findings(of_many, ref('int_work_items'), ref('fct_loop_stages')) }}
    {%- if var('catch_up') %}
    union all
    {{ placed_findings(of_one_item, part('int_work_items'), part('fct_loop_stages'), are_parts=true) }}
    {%- endif %}

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
