"""What things mean: finding rules, loops with their stages, deadlines with who confirmed them."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from closedloop.queries.reading import read
from closedloop.warehouse.scope import Scope

_RULES = """
select rule_id, name_zh, name_en, definition_zh, definition_en, mend_zh, mend_en
from marts.dim_finding_rules
order by sort_order, rule_id
"""


def finding_rules(scope: Scope, as_of: datetime) -> pd.DataFrame:
    """Every rule of the daily findings with its definition and its mend. One row per rule, fixed order."""
    return read(scope, as_of, _RULES)


_STAGES = """
select
    loops.loop,
    loops.closing_verb_zh,
    loops.closing_verb_en,
    stages.stage,
    stages.actor,
    stages.required,
    stages.milestone,
    stages.closes
from marts.dim_loops as loops
inner join marts.dim_loop_stages as stages
    on loops.loop = stages.loop
order by loops.sort_order, loops.loop, stages.ordinal
"""


def loop_stages(scope: Scope, as_of: datetime) -> pd.DataFrame:
    """Every loop, stage by stage. One row per loop × stage, in the order of the loops and of the stages."""
    return read(scope, as_of, _STAGES)


_POLICIES = """
select
    policies.policy_id,
    policies.loop,
    policies.target,
    policies.severity,
    policies.start_stage,
    policies.stop_stage,
    policies.charged_to,
    policies.limit_value,
    policies.unit,
    policies.valid_from,
    policies.valid_to,
    policies.doc_no,
    policies.confirmed_by,
    policies.is_assumed,
    policies.is_confirmed
from marts.dim_sla_policy as policies
left join marts.dim_loops as loops
    on policies.loop = loops.loop
left join marts.dim_severities as severities
    on policies.severity = severities.severity
order by
    loops.sort_order, policies.loop, policies.target, severities.severity_rank nulls last,
    policies.valid_from, policies.policy_id
"""


def policies(scope: Scope, as_of: datetime) -> pd.DataFrame:
    """Every deadline: from which stage to which, within how much time, valid when, confirmed by whom.

    One row per row of ``sla_policy.csv``. ``is_assumed``: nobody has ever given this limit;
    ``is_confirmed``: it may be called overdue here.
    """
    return read(scope, as_of, _POLICIES)
