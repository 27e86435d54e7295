select
    loop,
    name_zh,
    name_en,
    closing_verb_zh,
    closing_verb_en,
    first_stage,
    reassign_stage,
    reopen_stage,
    source_table,
    sort_order,
    note
from {{ ref('loops') }}
