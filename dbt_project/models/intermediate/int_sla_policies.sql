-- The policy in force for every severity that an item can have, '' meaning none: a row of that severity before a row
-- for all ('*'), of several rows the latest. The spans of one loop × target × severity do not overlap, so a moment
-- finds one row at most.
with policies as (

    select
        policy_id,
        loop,
        target,
        severity,
        start_stage,
        nullif(start_outcome::text, '') as start_outcome,
        stop_stage,
        charged_to,
        limit_value::integer as limit_value,
        unit,
        to_close_of_day::integer = 1 as to_close_of_day,
        uses_item_due::integer = 1 as uses_item_due,
        extendable::integer = 1 as extendable,
        restart_on_reopen::integer = 1 as restart_on_reopen,
        warn_minutes::integer as warn_minutes,
        valid_from::date as valid_from,
        coalesce(valid_to::date, 'infinity'::date) as valid_to,
        {% if var('accept_assumed_limits') | string | lower == 'true' -%}
        true
        {%- else -%}
        coalesce(btrim(confirmed_by::text), '') <> ''
        {%- endif %} as is_confirmed
    from {{ ref('sla_policy') }}

),

severities as (

    select severity from {{ ref('severities') }}
    union
    select severity from policies where severity <> '*'
    union
    select ''

),

-- each policy under each severity it could speak for
candidates as (

    select
        severities.severity as for_severity,
        policies.*
    from policies
    inner join severities on policies.severity in (severities.severity, '*')

),

edges as (

    select loop, target, for_severity, valid_from as edge from candidates
    union
    select loop, target, for_severity, valid_to from candidates

),

spans as (

    select
        loop,
        target,
        for_severity,
        edge as span_from,
        lead(edge) over (partition by loop, target, for_severity order by edge) as span_to
    from edges

),

in_force as (

    select distinct on (spans.loop, spans.target, spans.for_severity, spans.span_from)
        spans.span_from,
        spans.span_to,
        candidates.*
    from spans
    inner join candidates
        on spans.loop = candidates.loop
        and spans.target = candidates.target
        and spans.for_severity = candidates.for_severity
        and candidates.valid_from <= spans.span_from
        and spans.span_to <= candidates.valid_to
    where spans.span_to is not null
    order by
        spans.loop,
        spans.target,
        spans.for_severity,
        spans.span_from,
        candidates.severity = '*',
        candidates.valid_from desc,
        candidates.policy_id

)

select
    loop,
    target,
    for_severity,
    span_from,
    span_to,
    policy_id,
    severity <> '*' as is_specific,
    charged_to,
    limit_value,
    unit,
    to_close_of_day,
    uses_item_due,
    extendable,
    warn_minutes,
    is_confirmed
from in_force
