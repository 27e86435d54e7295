{{ config(
    indexes=[
        {'columns': ['warning_id'], 'unique': True},
        {'columns': ['place_id']},
        {'columns': ['judged_on']},
    ]
) }}

{%- set silence = var('place_silence_days') %}

-- A place that has been warned about stays silent for a month; then it is warned about again if it is still beyond.
with recursive beyond as (

    select
        *,
        min(judged_on) over (
            partition by place_id, category order by judged_on
            range between interval '{{ silence | int + 1 }} days' following and unbounded following
        ) as speaks_again_on,
        row_number() over (partition by place_id, category order by judged_on) as nth
    from {{ ref('fct_place_days') }}

),

issued as (

    select * from beyond
    where nth = 1

    union all

    select beyond.*
    from issued
    inner join beyond
        on
            issued.place_id = beyond.place_id
            and issued.category = beyond.category
            and issued.speaks_again_on = beyond.judged_on

),

directives as (

    select
        place_id,
        opened_at
    from {{ ref('fct_place_actions') }}
    where source_table = 'directives'

),

directed as (

    select
        issued.place_id,
        issued.category,
        issued.judged_on,
        min(directives.opened_at) filter (where directives.opened_at >= issued.judged_at) as directive_at,
        coalesce(bool_or(directives.opened_at < issued.judged_at), false) as had_directive
    from issued
    inner join directives
        on
            issued.place_id = directives.place_id
            and directives.opened_at >= issued.judged_at - interval '30 days'
            and directives.opened_at < issued.judged_at + interval '30 days'
    group by issued.place_id, issued.category, issued.judged_on

),

called as (

    select
        issued.place_id,
        issued.category,
        issued.judged_on,
        count(*)::integer as calls_after
    from issued
    inner join {{ ref('fct_place_calls') }} as calls
        on
            issued.place_id = calls.place_id
            and (issued.category = 'all' or issued.category = calls.category)
            and calls.received_at >= issued.judged_at
            and calls.received_at < issued.judged_at + interval '30 days'
            and not calls.is_merged
            and (calls.withdrawn_at is null or calls.withdrawn_at >= issued.judged_at + interval '30 days')
    group by issued.place_id, issued.category, issued.judged_on

)

select
    issued.place_id || ':' || issued.category || ':' || issued.judged_on as warning_id,
    issued.place_id,
    issued.station_id,
    issued.category,
    'own-expectation-1'::text as rule_version,
    issued.judged_on,
    issued.judged_at as issued_at,
    issued.calls as observed,
    issued.callers,
    issued.expected,
    issued.p,
    issued.q,
    issued.tests,
    coalesce(directed.had_directive, false) as had_directive,
    directed.directive_at,
    issued.judged_at + interval '30 days' as outcome_due_at,
    issued.judged_at + interval '30 days' <= {{ as_of() }} as is_outcome_known,
    coalesce(called.calls_after, 0) as calls_after,
    {{ place_tail_function() }}(
        coalesce(called.calls_after, 0), issued.shape, 30 / (issued.rate + 30)
    ) as p_after,
    issued.is_small_home
from issued
left join directed using (place_id, category, judged_on)
left join called using (place_id, category, judged_on)
