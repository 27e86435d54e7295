{#- Small phrases of the findings. -#}

{#- Whether a rule looks at one item at a time, by its words. A build that catches up finds such a rule's findings
    of the touched items; what any other rule finds it makes anew. -#}
{% macro is_of_one_item(rule) -%}
    {%- for node in graph.nodes.values() if node.name == rule -%}
        {% do return('part(' in node.raw_code or 'passed_deadlines(' in node.raw_code) %}
    {%- endfor -%}
    {% do return(false) %}
{%- endmacro %}

{#- Before a build that catches up adds to them: without the findings of rules that look across items. -#}
{% macro forget_findings_across_items() -%}
    {%- if execute and var('catch_up') -%}
        delete from {{ this }}
        where rule_id not in (
            {%- for stem in var('finding_models') if is_of_one_item(stem) %}
            '{{ stem | replace("finding_", "", 1) }}',
            {%- endfor %}
            ''
        )
    {%- endif -%}
{%- endmacro %}

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
