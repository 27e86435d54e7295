{#- Small phrases of the findings. -#}

{#- What was due at a moment is in time exactly then, and found just after: the smallest step that a time has. -#}
{% macro just_after(moment) -%}
    ({{ moment }} + interval '1 microsecond')
{%- endmacro %}

{#- The passed deadlines of some targets, as the rows of a rule. ``targets`` is a list of [loop, target]. Limits that
    nobody confirmed have no overdue. Found when the deadline passed, mended when its clock ended. -#}
{% macro passed_deadlines(targets) %}
select
    work_item_id,
    station_id,
    loop,
    {{ just_after('breached_at') }} as found_at,
    ended_at as mended_at,
    -- an open clock has passed its deadline only as far as its station has reported
    true as is_silence,
    target || ':' || spell_no as subject_key,
    jsonb_build_object('target', target, 'due_at', breached_at) as detail
from {{ part('fct_sla_targets') }}
where
    is_confirmed
    and breached_at is not null
    and (loop, target) in (
        {%- for loop_name, target in targets %}
        ('{{ loop_name }}', '{{ target }}'){{ ',' if not loop.last }}
        {%- endfor %}
    )
{% endmacro %}

{#- What rules found, each with the station that had its item then. ``items`` and ``states`` are int_work_items and
    fct_loop_stages: whole, and looked up one by one, for there are many and the findings are few; or their parts, which
    hold every item of these rules. -#}
{% macro placed_findings(rules, items, states, are_parts=false) %}
select
    found.rule_id,
    found.work_item_id,
    coalesce(held.station_id, found.station_id, 'UNASSIGNED') as station_id,
    found.loop,
    found.found_at,
    -- a row that was withdrawn takes what was wrong with it along
    least(
        found.mended_at,
        case when withdrawn.withdrawn_at > found.found_at then withdrawn.withdrawn_at end
    ) as mended_at,
    found.is_silence,
    items.source_table,
    found.subject_key,
    found.detail
from (
    {%- for rule in rules %}
    select
        '{{ rule | replace("finding_", "", 1) }}'::text as rule_id,
        work_item_id,
        station_id,
        loop,
        found_at,
        mended_at,
        is_silence,
        subject_key,
        detail
    from {{ ref(rule) }}
    {% if not loop.last %}union all{% endif %}
    {%- else %}
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
    {%- endfor %}
) as found
{%- if are_parts %}
left join {{ items }} as items on found.work_item_id = items.work_item_id
left join {{ states }} as held
    on found.work_item_id = held.work_item_id
    and held.valid_from <= found.found_at
    and (held.valid_to is null or held.valid_to > found.found_at)
{%- else %}
left join lateral (
    select * from {{ items }} as stored
    where found.work_item_id = stored.work_item_id
    limit 1
) as items on true
left join lateral (
    select * from {{ states }} as stored
    where
        found.work_item_id = stored.work_item_id
        and stored.valid_from <= found.found_at
        and (stored.valid_to is null or stored.valid_to > found.found_at)
    limit 1
) as held on true
{%- endif %}
cross join lateral (
    select case when items.is_withdrawn then greatest(items.withdrawn_at, items.opened_at) end as withdrawn_at
) as withdrawn
where coalesce(withdrawn.withdrawn_at >= found.found_at, true)
{%- endmacro %}
