-- A rule without a model finds nothing and looks like a clean record; a model without a rule has no text.
with models as (

    {% for stem in var('finding_models') %}
    select '{{ stem | replace("finding_", "", 1) }}' as rule_id
    {% if not loop.last %}union all{% endif %}
    {% else %}
    select null as rule_id where false
    {% endfor %}

)

select
    models.rule_id as model_of,
    rules.rule_id as row_of
from models
full join {{ ref('dim_finding_rules') }} as rules using (rule_id)
where
    models.rule_id is null
    or rules.rule_id is null
