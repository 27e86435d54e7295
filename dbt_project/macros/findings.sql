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
from {{ ref('fct_sla_targets') }}
where
    is_confirmed
    and breached_at is not null
    and (loop, target) in (
        {%- for loop_name, target in targets %}
        ('{{ loop_name }}', '{{ target }}'){{ ',' if not loop.last }}
        {%- endfor %}
    )
{% endmacro %}
