select
    metric_id,
    name_zh,
    name_en,
    loop,
    kind,
    unit,
    polarity,
    format,
    min_n,
    maturity_days,
    definition_zh,
    definition_en,
    known_defects_zh,
    known_defects_en,
    sort_order,
    open_filter
from {{ ref('metrics') }}
