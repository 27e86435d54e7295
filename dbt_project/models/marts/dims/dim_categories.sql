select
    category,
    kind,
    name_zh,
    name_en,
    is_police_matter = 1 as is_police_matter,
    is_valid = 1 as is_valid,
    is_crime = 1 as is_crime,
    is_protected = 1 as is_protected,
    sort_order,
    gat_code
from {{ ref('categories') }}
