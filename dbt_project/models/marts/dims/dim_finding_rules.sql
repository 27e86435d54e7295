select
    rule_id,
    name_zh,
    name_en,
    kind,
    charged_to,
    counted_per,
    definition_zh,
    definition_en,
    mend_zh,
    mend_en,
    sort_order
from {{ ref('finding_rules') }}
