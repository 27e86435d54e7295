"""Diversions (非警务分流): sent, accepted or returned, done, fed back, and called again. A transfer is no
result.
"""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from closedloop.queries.reading import read
from closedloop.queries.standing import open_between
from closedloop.warehouse.scope import Scope

#: The diversions still open at the moment, found without reading what was ever sent.
_OPEN_ONLY = open_between(":as_of", ":as_of")


def _standing(only: str = "true") -> str:
    """Every diversion as it stands at the moment, of those that ``only`` lets through.

    One without a place, or whose time is not over, cannot be followed.
    """
    return f"""
with known as (
    select
        station_id,
        case when bool_and(known_until is not null) then min(known_until) end as known_until
    from marts.ops_coverage
    where source_table in ('diversions', 'incidents')
    group by station_id
),

standing as (
    select
        diversions.work_item_id,
        diversions.diversion_id,
        diversions.source_no,
        states.station_id,
        diversions.department_id,
        states.department_id as current_department_id,
        diversions.category,
        diversions.sent_at,
        states.status,
        states.stage,
        states.severity,
        case when diversions.accepted_at <= :as_of then diversions.accepted_at end as accepted_at,
        case when diversions.finished_at <= :as_of then diversions.finished_at end as finished_at,
        case when diversions.fed_back_at <= :as_of then diversions.fed_back_at end as fed_back_at,
        diversions.place_key is not null
        and diversions.sent_at + interval '72 hours' <= least(:as_of, known.known_until) as is_followed_72h,
        diversions.place_key is not null
        and diversions.sent_at + interval '720 hours' <= least(:as_of, known.known_until) as is_followed_30d
    from marts.fct_diversions as diversions
    inner join marts.fct_loop_stages as states
        on diversions.work_item_id = states.work_item_id
        and states.valid_from <= :as_of
        and (states.valid_to > :as_of or states.valid_to is null)
    left join known
        on states.station_id = known.station_id
    where (cast(:station as text) is null or states.station_id = :station)
        and {only}
)
"""


_TOLD = """
moved as (
    select
        chosen.work_item_id,
        count(*) filter (where events.move = 'return') as returns,
        count(*) filter (where events.move = 'reopen') as reopenings
    from chosen
    inner join marts.fct_item_events as events
        on chosen.work_item_id = events.work_item_id
    where events.counts
        and events.occurred_at <= :as_of
        and events.move in ('return', 'reopen')
    group by chosen.work_item_id
),

called as (
    select
        chosen.work_item_id,
        bool_or(calls.called_at <= chosen.sent_at + interval '72 hours') as within_72h,
        bool_or(calls.call_category = chosen.category) as same_category,
        count(*) as calls
    from chosen
    inner join marts.fct_repeat_calls as calls
        on chosen.work_item_id = calls.work_item_id
    where calls.called_at <= :as_of
        and (calls.cancelled_at > :as_of or calls.cancelled_at is null)
    group by chosen.work_item_id
),

told as (
    select
        chosen.*,
        coalesce(moved.returns, 0) as returns,
        coalesce(moved.reopenings, 0) as reopenings,
        coalesce(called.calls, 0) as calls,
        coalesce(called.within_72h, false) as called_within_72h,
        coalesce(called.same_category, false) as called_same_category
    from chosen
    left join moved
        on chosen.work_item_id = moved.work_item_id
    left join called
        on chosen.work_item_id = called.work_item_id
)
"""

_SENT = f"""{_standing()},

chosen as (
    select *
    from standing
    where sent_at >= :since and sent_at < :until
),
{_TOLD},

timed as (
    select
        *,
        case when accepted_at >= sent_at then date_part('epoch', accepted_at - sent_at) / 3600.0 end
            as hours_to_accept,
        case when finished_at >= accepted_at then date_part('epoch', finished_at - accepted_at) / 3600.0 end
            as hours_to_finish,
        case when fed_back_at >= finished_at then date_part('epoch', fed_back_at - finished_at) / 3600.0 end
            as hours_to_feed_back
    from told
)

select
    case
        when grouping(department_id) = 0 then 'department'
        when grouping(station_id) = 0 then 'station'
        when grouping(category) = 0 then 'category'
        else 'all'
    end as dimension,
    coalesce(department_id, station_id, category) as member,
    count(*) as sent,
    count(*) filter (where status = 'cancelled') as cancelled,
    count(*) filter (where accepted_at is not null) as accepted,
    count(*) filter (where returns > 0) as returned,
    count(*) filter (where finished_at is not null) as finished,
    count(*) filter (where fed_back_at is not null) as fed_back,
    count(*) filter (where reopenings > 0) as reopened,
    count(*) filter (where status = 'open') as open,
    count(*) filter (where is_followed_30d) as followed_30d,
    count(*) filter (where is_followed_30d and calls > 0) as called_30d,
    count(*) filter (where is_followed_30d and called_same_category) as called_30d_same_category,
    count(*) filter (where is_followed_72h) as followed_72h,
    count(*) filter (where is_followed_72h and called_within_72h) as called_72h,
    percentile_cont(0.5) within group (order by hours_to_accept) as median_hours_to_accept,
    percentile_cont(0.5) within group (order by hours_to_finish) as median_hours_to_finish,
    percentile_cont(0.5) within group (order by hours_to_feed_back) as median_hours_to_feed_back
from timed
group by grouping sets ((), (department_id), (station_id), (category))
having count(*) > 0
order by dimension, member
"""


def sent_diversions(
    scope: Scope, as_of: datetime, since: datetime, until: datetime, station: str | None = None
) -> pd.DataFrame:
    """Diversions sent in [since, until), and how far each had come at ``as_of``.

    One row for all and one per department first sent to, station and category (``dimension``, ``member``).
    ``sent`` includes ``cancelled``. ``called_30d`` and ``called_72h`` count diversions with a call from the
    same place within 30 days or 72 hours of sending, exactly then included, out of ``followed_30d`` and
    ``followed_72h``: those with a place and whose time was over and covered by complete loads. Medians in
    hours, of those that came so far. An empty frame means that none was sent, or none reported.
    """
    return read(scope, as_of, _SENT, {"since": since, "until": until, "station": station})


def _items(only: str, chosen: str) -> str:
    return f"""{_standing(only)},

chosen as (
    select *
    from standing
    where {chosen}
),
{_TOLD}

select
    work_item_id,
    coalesce(source_no, diversion_id) as item_no,
    station_id,
    category,
    department_id,
    current_department_id,
    stage,
    status,
    sent_at,
    accepted_at,
    finished_at,
    fed_back_at,
    returns,
    case when is_followed_72h then called_within_72h end as called_72h,
    case when is_followed_30d then calls > 0 end as called_30d,
    cast(extract(epoch from :as_of - sent_at) / 86400.0 as float8) as age_days,
    count(*) over () as all_items
from told
where case :view
        when 'returned' then returns > 0
        when 'called_30d' then is_followed_30d and calls > 0
        when 'called_72h' then is_followed_72h and called_within_72h
        else true
    end
order by status <> 'open', sent_at, work_item_id
limit :row_limit
"""


_WAITING_ITEMS = _items(_OPEN_ONLY, "status = 'open'")
_SENT_ITEMS = _items("true", "sent_at >= :since and sent_at < :until")

#: What a list of diversions can hold: not yet fed back, all sent, returned, called again.
VIEWS = ("waiting", "sent", "returned", "called_72h", "called_30d")


def diversion_items(
    scope: Scope,
    as_of: datetime,
    view: str,
    since: datetime,
    until: datetime,
    station: str | None = None,
    row_limit: int = 1000,
) -> pd.DataFrame:
    """The diversions behind the figures, open ones first, longest sent first.

    ``view`` is one of VIEWS: ``waiting`` is whatever is not fed back, whenever sent; the others are among
    those sent in [since, until). One row per diversion; ``called_72h`` and ``called_30d`` are None where that
    is not yet known or there is no place; ``all_items`` counts the rows before the limit. An empty frame
    means there is none.
    """
    params = {"view": view, "since": since, "until": until, "station": station, "row_limit": row_limit}
    return read(scope, as_of, _WAITING_ITEMS if view == "waiting" else _SENT_ITEMS, params)
