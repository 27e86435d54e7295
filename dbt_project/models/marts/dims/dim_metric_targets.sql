select
    targets.metric_id,
    targets.target,
    targets.valid_from,
    targets.valid_to,
    targets.doc_no,
    targets.assumed = 1 as is_assumed
from {{ ref('metric_targets') }} as targets
-- Invented rows belong to the demo, like its limits.
where targets.assumed = 0 or {{ var('accept_assumed_limits') | lower }}
