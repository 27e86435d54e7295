select
    policy_id,
    loop,
    severity,
    target,
    target_name_zh,
    target_name_en,
    start_stage,
    start_outcome,
    stop_stage,
    charged_to,
    limit_value,
    unit,
    to_close_of_day = 1 as to_close_of_day,
    uses_item_due = 1 as uses_item_due,
    extendable = 1 as extendable,
    restart_on_reopen = 1 as restart_on_reopen,
    warn_minutes,
    valid_from,
    valid_to,
    doc_no,
    confirmed_by,
    assumed = 1 as is_assumed,
    -- Outside the demo a limit that nobody confirmed is never called overdue.
    (
        coalesce(btrim(confirmed_by::text), '') <> ''
        or {{ var('accept_assumed_limits') | lower }}
    ) as is_confirmed
from {{ ref('sla_policy') }}
