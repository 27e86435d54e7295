"""What the marts say of items at moments, in the words of the oracle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, text

from tests.oracle.loop_oracle import ItemAt, TargetAt

STAGES = text(
    """
    select
        asked.work_item_id, asked.as_of,
        s.station_id, s.stage, s.status, s.is_open, s.severity, s.holder_kind, s.holder_id,
        s.department_id, s.post_id, s.outcome, s.next_stage, s.is_returned, s.missing_stages
    from unnest(cast(:ids as text[]), cast(:moments as timestamptz[])) as asked (work_item_id, as_of)
    join marts.fct_loop_stages as s
        on s.work_item_id = asked.work_item_id
        and s.valid_from <= asked.as_of
        and (s.valid_to is null or asked.as_of < s.valid_to)
    """
)

#: Everything later than the moment is taken back out: the marts know the whole story, the oracle must not.
TARGETS = text(
    """
    select
        asked.work_item_id, asked.as_of,
        t.target, t.spell_no, t.policy_id, t.start_reason, t.started_at,
        case when t.ended_at <= asked.as_of then t.ended_at end as ended_at,
        case when t.ended_at <= asked.as_of then t.end_kind end as end_kind,
        case when t.breached_at < asked.as_of then t.breached_at end as breached_at,
        marts.target_state(
            asked.as_of, k.known_until, t.started_at, t.ended_at, t.end_kind, t.breached_at, c.phase, c.due_at
        ) as state,
        case when c.phase = 'running' then c.due_at end as due
    from unnest(cast(:ids as text[]), cast(:moments as timestamptz[])) as asked (work_item_id, as_of)
    join marts.fct_sla_targets as t
        on t.work_item_id = asked.work_item_id
        and t.started_at <= asked.as_of
    left join marts.ops_coverage as k
        on k.station_id = t.station_id and k.source_table = t.source_table
    left join marts.fct_sla_clock as c
        on c.spell_id = t.spell_id
        and c.seg_from <= asked.as_of
        and (c.seg_to is null or asked.as_of < c.seg_to)
    """
)

Asked = tuple[str, datetime]


def marts_at(connection: Connection, asked: Iterable[Asked]) -> dict[Asked, ItemAt]:
    """(work item id, moment) → the item as the marts have it, for those that existed then.

    Raises AssertionError when two states of one item hold at one moment.
    """
    ids, moments = zip(*asked, strict=True)
    parameters = {"ids": list(ids), "moments": list(moments)}

    targets: dict[Asked, list[TargetAt]] = defaultdict(list)
    for row in connection.execute(TARGETS, parameters).mappings():
        fields = {name: row[name] for name in TargetAt.__dataclass_fields__ if name in row}
        targets[row["work_item_id"], row["as_of"]].append(TargetAt(**fields))

    found: dict[Asked, ItemAt] = {}
    for row in connection.execute(STAGES, parameters).mappings():
        key = row["work_item_id"], row["as_of"]
        assert key not in found, f"{key[0]} has two states at {key[1]}"
        fields = {name: row[name] for name in ItemAt.__dataclass_fields__ if name in row}
        fields["missing_stages"] = tuple(row["missing_stages"] or ())
        found[key] = ItemAt(**fields, targets=in_order(targets.pop(key, [])))
    assert not targets, f"targets of items that do not exist: {sorted(targets)[:5]}"
    return found


def in_order(targets: Iterable[TargetAt]) -> tuple[TargetAt, ...]:
    """By target and spell, so that two lists of targets can be compared."""
    return tuple(sorted(targets, key=lambda t: (t.target, t.spell_no)))
