"""每日警情分析表: every incident that was open at a cut-off, and what it still lacks."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from closedloop.queries.reading import read
from closedloop.queries.standing import STANDING, OpenFilter
from closedloop.warehouse.scope import Scope

_OPEN_INCIDENTS = f"""{STANDING}

select
    open_items.work_item_id,
    open_items.loop,
    open_items.item_id,
    coalesce(incidents.source_no, open_items.item_id) as item_no,
    open_items.station_id,
    incidents.received_at,
    -- As known then: before the scene answered, what reception took it for.
    case
        when incidents.arrived_at <= :as_of
            then coalesce(incidents.category_final, incidents.category_initial)
        else incidents.category_initial
    end as category,
    open_items.severity,
    open_items.stage,
    open_items.stage_entered_at,
    extract(epoch from :as_of - open_items.stage_entered_at) / 60 as dwell_minutes,
    open_items.next_stage,
    open_items.holder_kind,
    open_items.holder_id,
    open_items.missing_stages,
    incidents.elements_recorded,
    last_event.stage as last_stage,
    last_event.move as last_move,
    last_event.occurred_at as last_at,
    open_items.target,
    open_items.unit,
    open_items.due_at,
    open_items.judgement,
    extract(epoch from :as_of - open_items.overdue_since) / 60 as overdue_minutes,
    extract(epoch from open_items.due_at - :as_of) / 60 as minutes_left,
    extract(epoch from :as_of - incidents.received_at) / 86400 as age_days
from open_items
inner join marts.fct_incidents as incidents
    on open_items.work_item_id = incidents.work_item_id
left join lateral (
    select
        events.stage,
        events.move,
        events.occurred_at
    from marts.fct_item_events as events
    where events.work_item_id = open_items.work_item_id
        and events.counts
        and events.occurred_at <= :as_of
    order by events.occurred_at desc, events.recorded_at desc nulls last, events.event_id desc
    limit 1
) as last_event on true
order by open_items.station_id, incidents.received_at, open_items.work_item_id
limit :row_limit
"""


def open_incidents(
    scope: Scope, as_of: datetime, station: str | None = None, row_limit: int = 5000
) -> pd.DataFrame:
    """The incidents open at the moment, by station id and then the oldest first.

    One row per incident. ``dwell_minutes`` since the stage was reached; ``last_*`` is the last event that
    counts by then, None when nothing but the record is known. ``target``, ``due_at``, ``judgement`` and the
    minutes are those of the worst running target, as in :func:`closedloop.queries.standing.open_items`.
    ``elements_recorded`` is a number as last loaded, None where no source gives it. An empty frame means that
    no incident was open in the scope.
    """
    params = {**OpenFilter(station=station).params(), "row_limit": row_limit}
    return read(scope, as_of, _OPEN_INCIDENTS, params)
