select
    build_id,
    test_name,
    tested_model,
    status,
    failures,
    message
from {{ ref('stg_ops_build_tests') }}
