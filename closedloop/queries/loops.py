"""How items go round each loop: who holds what, how long a stage takes, what was skipped or done again."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from closedloop.queries.reading import read
from closedloop.queries.standing import STANDING, OpenFilter, open_between
from closedloop.warehouse.scope import Scope

_STOCK = (
    STANDING
    + """
, held as (
    select
        *,
        case when holder_kind = 'post' and not cast(:posts as boolean) then station_id else holder_id end
            as holder
    from open_items
)

select
    loop,
    stage,
    holder_kind,
    holder as holder_id,
    count(*) as items,
    count(*) filter (where judgement = 'overdue') as overdue,
    count(*) filter (where is_returned) as returned,
    count(*) filter (where cardinality(missing_stages) > 0) as with_missing_stages,
    percentile_cont(0.5) within group (order by extract(epoch from :as_of - stage_entered_at) / 60)
        as median_dwell_minutes
from held
group by grouping sets ((loop, stage), (loop, stage, holder_kind), (loop, holder_kind, holder))
order by loop, stage, holder_kind, items desc, holder
"""
)


def stage_stock(
    scope: Scope, as_of: datetime, station: str | None = None, posts: bool = False
) -> pd.DataFrame:
    """Open items where they stand.

    Three kinds of row: loop × stage (``holder_kind`` None), loop × stage × kind of holder, and loop × holder
    (``stage`` None), where a station's posts are taken together unless ``posts``. ``median_dwell_minutes``:
    minutes since the stage was reached, of the items of the row. An empty frame means that nothing is open.
    """
    return read(scope, as_of, _STOCK, {**OpenFilter(station=station).params(), "posts": posts})


_FLOW = f"""
with visits as (
    select
        work_item_id,
        loop,
        stage,
        stage_entered_at,
        case when bool_or(valid_to is null) then null else max(valid_to) end as left_at
    from marts.fct_loop_stages
    where {open_between(":since", ":until")}
        and stage is not null
        and stage_entered_at < least(:until, :as_of)
        and (valid_to >= :since or valid_to is null)
        and (cast(:station as text) is null or station_id = :station)
    group by work_item_id, loop, stage, stage_entered_at
),

timed as (
    select
        loop,
        stage,
        stage_entered_at >= :since as entered,
        left_at >= :since and left_at < least(:until, :as_of) as has_left,
        date_part('epoch', left_at - stage_entered_at) / 60 as dwell_minutes
    from visits
)

select
    loop,
    stage,
    count(*) filter (where entered) as entered,
    count(*) filter (where has_left) as has_left,
    percentile_cont(0.5) within group (order by dwell_minutes) filter (where has_left) as median_minutes,
    percentile_cont(0.9) within group (order by dwell_minutes) filter (where has_left) as p90_minutes
from timed
group by loop, stage
order by loop, stage
"""


def stage_flow(
    scope: Scope, as_of: datetime, since: datetime, until: datetime, station: str | None = None
) -> pd.DataFrame:
    """What passed through each stage in [since, until), as far as it is known at ``as_of``.

    One row per loop × stage. ``entered`` and ``has_left`` are visits; ``median_minutes`` and ``p90_minutes``
    are the dwell in minutes of the visits that ended in the period, whenever they began. An empty frame means
    no visit.
    """
    return read(scope, as_of, _FLOW, {"since": since, "until": until, "station": station})


_CLOSED = """
with closings as (
    select distinct on (work_item_id)
        work_item_id,
        loop,
        missing_stages,
        valid_from as closed_at
    from marts.fct_loop_stages
    where lasting is null
        and status = 'closed'
        and cause = 'stage:' || stage
        and valid_from >= :since
        and valid_from < least(:until, :as_of)
        and (cast(:station as text) is null or station_id = :station)
    order by work_item_id, valid_from
)

select
    closings.loop,
    count(*) as closed,
    count(*) filter (where coalesce(cardinality(closings.missing_stages), 0) = 0) as complete,
    count(*) filter (where items.rework_count > 0 or items.return_count > 0) as reworked,
    count(*) filter (where items.reopen_count > 0) as reopened,
    percentile_cont(0.5) within group (order by date_part('epoch', closings.closed_at - items.opened_at) / 60)
        as median_minutes
from closings
left join marts.fct_work_items as items
    on closings.work_item_id = items.work_item_id
group by closings.loop
order by closings.loop
"""


def closed_in_period(
    scope: Scope, as_of: datetime, since: datetime, until: datetime, station: str | None = None
) -> pd.DataFrame:
    """Items closed in [since, until), as far as it is known at ``as_of``.

    One row per loop: ``closed`` items, how many of them ``complete`` (no stage missing when they closed),
    ``reworked`` (rectified or returned at any time), ``reopened`` at any time, and the median minutes from
    opening to closing. An empty frame means that nothing was closed or reported.
    """
    return read(scope, as_of, _CLOSED, {"since": since, "until": until, "station": station})


_MISSING = f"""
with judged as (
    select work_item_id, loop, missing_stages, 'open' as standing
    from marts.fct_loop_stages
    where {open_between(":as_of", ":as_of")}
        and (valid_to > :as_of or valid_to is null)
        and cardinality(missing_stages) > 0
        and (cast(:station as text) is null or station_id = :station)

    union all

    select distinct on (work_item_id) work_item_id, loop, missing_stages, 'closed'
    from marts.fct_loop_stages
    where lasting is null
        and status = 'closed'
        and cause = 'stage:' || stage
        and valid_from >= :since
        and valid_from < least(:until, :as_of)
        and cardinality(missing_stages) > 0
        and (cast(:station as text) is null or station_id = :station)
)

select
    judged.loop,
    missing.stage,
    count(*) filter (where standing = 'open') as open_items,
    count(*) filter (where standing = 'closed') as closed_items
from judged
cross join lateral unnest(judged.missing_stages) as missing (stage)
group by judged.loop, missing.stage
order by judged.loop, count(*) desc, missing.stage
"""


def missing_stages(
    scope: Scope, as_of: datetime, since: datetime, until: datetime, station: str | None = None
) -> pd.DataFrame:
    """Which stages are missing (缺环节): among what is open now, and among what closed in [since, until).

    One row per loop × stage that is missing somewhere; an item lacking two stages counts in both. An empty
    frame means that none is missing.
    """
    return read(scope, as_of, _MISSING, {"since": since, "until": until, "station": station})
