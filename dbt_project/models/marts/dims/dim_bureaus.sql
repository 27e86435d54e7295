select
    bureau_id,
    name_zh,
    coalesce(name_en, name_zh) as name_en,
    parent_bureau_id,
    sort_order
from {{ ref('stg_bureaus') }}
where is_effective
