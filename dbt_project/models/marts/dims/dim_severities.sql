select
    severity,
    severity_rank,
    name_zh,
    name_en,
    symbol,
    scheme
from {{ ref('severities') }}
