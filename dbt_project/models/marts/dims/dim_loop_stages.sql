select
    loop,
    stage,
    ordinal,
    name_zh,
    name_en,
    actor,
    verb_zh,
    verb_en,
    required = 1 as required,
    repeatable = 1 as repeatable,
    milestone = 1 as milestone,
    closes = 1 as closes,
    next_stage,
    next_on_failed
from {{ ref('loop_stages') }}
