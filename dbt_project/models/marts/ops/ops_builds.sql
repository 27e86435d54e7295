select
    build_id,
    status,
    stage_failed,
    message,
    models,
    tests,
    tests_failed,
    seconds,
    last_batch_id,
    code_hash,
    started_at,
    finished_at,
    published_at
from {{ ref('stg_ops_builds') }}
