select
    move,
    name_zh,
    name_en,
    effect,
    note
from {{ ref('moves') }}
