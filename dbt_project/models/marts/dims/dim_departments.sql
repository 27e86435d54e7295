select
    department_id,
    name_zh,
    name_en,
    sort_order
from {{ ref('departments') }}
