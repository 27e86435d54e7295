"""One work item: what it is, what happened to it, what it owes, and where each line came from."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from closedloop.queries.reading import read
from closedloop.warehouse.scope import Scope

_ITEM = """
select
    items.work_item_id,
    items.loop,
    items.item_id,
    items.source_no,
    items.title,
    items.category,
    items.place,
    items.outcome,
    items.severity_at_issue,
    items.opened_at,
    items.opening_station_id,
    items.rework_count,
    items.return_count,
    items.extension_count,
    items.reopen_count,
    items.late_recorded_events,
    items.is_withdrawn,
    items.source_file,
    items.source_row,
    items.batch_id,
    directives.kind as directive_kind,
    directives.measures,
    coalesce(standing.station_id, items.station_id) as station_id,
    standing.stage,
    standing.stage_entered_at,
    standing.is_open,
    standing.status,
    standing.severity,
    standing.holder_kind,
    standing.holder_id,
    standing.next_stage,
    standing.is_returned,
    standing.missing_stages,
    standing.valid_from as standing_since,
    :as_of < items.opened_at as not_yet_opened
from marts.fct_work_items as items
left join marts.fct_loop_stages as standing
    on items.work_item_id = standing.work_item_id
    and standing.valid_from <= :as_of
    and (standing.valid_to > :as_of or standing.valid_to is null)
left join marts.fct_directives as directives
    on items.work_item_id = directives.work_item_id
where items.work_item_id = :item
"""


def work_item(scope: Scope, as_of: datetime, item: str) -> pd.DataFrame:
    """The item ``loop:item_id`` as it stood at the moment.

    ``directive_kind`` and ``measures`` (跟进处置措施, as last loaded) are None for all but directives. One
    row, or none: there is no such item, or it is not the scope's to see; the two cannot be told apart.
    """
    return read(scope, as_of, _ITEM, {"item": item})


_EVENTS = """
select
    events.event_id,
    events.version,
    events.version_status,
    events.counts,
    events.stage,
    events.move,
    events.occurred_at,
    events.recorded_at,
    events.is_late_recorded,
    events.severity,
    events.due_at,
    events.department_id,
    events.post_id,
    events.outcome,
    events.superseded_by,
    events.batch_id,
    events.source_file,
    events.source_row,
    events.loaded_at,
    events.occurred_at > :as_of as is_later
from marts.fct_item_events as events
where events.work_item_id = :item
order by events.occurred_at, events.stage nulls last, events.event_id, events.version
"""


def item_events(scope: Scope, as_of: datetime, item: str) -> pd.DataFrame:
    """Everything recorded of an item, oldest first.

    One row per version of an event. ``counts`` is False for versions that were superseded or retracted;
    ``is_later`` marks what happened after the moment. ``source_file``, ``source_row`` and ``batch_id`` say
    where the line came from.
    """
    return read(scope, as_of, _EVENTS, {"item": item})


_STATES = """
select
    state_no,
    valid_from,
    least(valid_to, :as_of) as valid_to,
    valid_to is null or valid_to > :as_of as is_standing,
    stage,
    next_stage,
    status,
    is_open,
    station_id,
    severity,
    holder_kind,
    holder_id,
    is_returned,
    cause
from marts.fct_loop_stages
where work_item_id = :item
    and valid_from <= :as_of
order by valid_from, state_no
"""


def item_states(scope: Scope, as_of: datetime, item: str) -> pd.DataFrame:
    """In whose hands the item was, and when. One row per interval up to the moment, half-open [from, to)."""
    return read(scope, as_of, _STATES, {"item": item})


_TARGETS = """
select
    targets.spell_id,
    targets.target,
    targets.spell_no,
    targets.severity,
    targets.policy_id,
    targets.start_reason,
    targets.charged_to,
    targets.limit_value,
    targets.unit,
    targets.warn_minutes,
    targets.is_confirmed,
    targets.started_at,
    targets.base_due_at,
    coalesce(segments.due_at, targets.due_at) as due_at,
    segments.phase,
    case when targets.ended_at <= :as_of then targets.ended_at end as ended_at,
    case when targets.ended_at <= :as_of then targets.end_kind end as end_kind,
    case when targets.breached_at < :as_of then targets.breached_at end as breached_at,
    marts.target_state(
        :as_of, known.known_until, targets.started_at, targets.ended_at, targets.end_kind,
        targets.breached_at, segments.phase, segments.due_at
    ) as state,
    policy.stop_stage,
    policy.doc_no,
    policy.confirmed_by,
    policy.is_assumed
from marts.fct_sla_targets as targets
left join marts.ops_coverage as known
    on targets.station_id = known.station_id
    and targets.source_table = known.source_table
left join marts.fct_sla_clock as segments
    on targets.spell_id = segments.spell_id
    and segments.seg_from <= :as_of
    and (segments.seg_to > :as_of or segments.seg_to is null)
left join marts.dim_sla_policy as policy
    on targets.policy_id = policy.policy_id
where targets.work_item_id = :item
    and targets.started_at <= :as_of
order by targets.started_at, targets.target, targets.spell_no
"""


def item_targets(scope: Scope, as_of: datetime, item: str) -> pd.DataFrame:
    """The deadlines of an item that had started by the moment, with their state at it.

    One row per target × spell. ``due_at`` is the one in force at the moment (or the last); None beyond the
    calendar or while paused.
    """
    return read(scope, as_of, _TARGETS, {"item": item})


_LINKS = """
with linked as (
    select linked_work_item_id as work_item_id, relation, 'to' as direction
    from marts.fct_item_links
    where work_item_id = :item

    union all

    select work_item_id, relation, 'from'
    from marts.fct_item_links
    where linked_work_item_id = :item
)

select
    linked.work_item_id,
    linked.relation,
    linked.direction,
    items.loop,
    coalesce(items.source_no, items.item_id) as item_no,
    items.title,
    items.station_id,
    items.severity,
    items.stage,
    items.is_open,
    items.opened_at
from linked
left join marts.fct_work_items as items
    on linked.work_item_id = items.work_item_id
order by linked.direction, linked.relation, linked.work_item_id
"""


def item_links(scope: Scope, as_of: datetime, item: str) -> pd.DataFrame:
    """The items an item names (``direction`` to) and the items that name it (from).

    One row per link; ``title`` and the rest are None when the other item does not exist or is not the scope's
    to see.
    """
    return read(scope, as_of, _LINKS, {"item": item})


_FOUND = """
select
    work_item_id,
    loop,
    coalesce(source_no, item_id) as item_no,
    title,
    station_id,
    severity,
    is_open,
    opened_at
from marts.fct_work_items
where (item_id = :number or source_no = :number or work_item_id = :number)
    and opened_at <= :as_of
order by opened_at desc, work_item_id
limit 20
"""


def find_items(scope: Scope, as_of: datetime, number: str) -> pd.DataFrame:
    """Items whose number, or number in the source system, is exactly ``number``. At most 20, newest first."""
    return read(scope, as_of, _FOUND, {"number": number})
