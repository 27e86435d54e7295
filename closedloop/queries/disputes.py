"""Disputes (矛盾纠纷): what became of those found in a period, and what came back after they were resolved.

化解 and 稳控 are never added. How a dispute ended is known from its conclusion on; before, only its stages
speak.
"""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from closedloop.queries.reading import read
from closedloop.queries.standing import open_between
from closedloop.warehouse.scope import Scope

#: What has become of a dispute: 化解, 稳控, 诉讼, 移交, ended otherwise, open, cancelled. Never added up.
OUTCOMES = ("resolved", "stabilised", "litigation", "transferred", "other", "open", "cancelled")

#: The disputes still open at the moment, found without reading what there ever was.
_OPEN_ONLY = open_between(":as_of", ":as_of")
#: Those whose 30 or 90 days after the first conclusion may have ended in the period.
_FOLLOWED_ONLY = """disputes.concluded_at >= :since - interval '2160 hours'
        and disputes.concluded_at < :until - interval '720 hours'"""


def _standing(only: str = "true") -> str:
    """Every dispute as it stands at the moment, of those that ``only`` lets through."""
    return f"""
with standing as (
    select
        disputes.work_item_id,
        disputes.dispute_id,
        disputes.source_no,
        states.station_id,
        disputes.category,
        states.severity,
        disputes.place_key,
        disputes.found_at,
        disputes.conclude_due_at,
        case when disputes.first_mediated_at <= :as_of then disputes.first_mediated_at end
            as first_mediated_at,
        case when disputes.concluded_at <= :as_of then disputes.concluded_at end as first_concluded_at,
        case when states.status = 'closed' then states.stage_entered_at end as concluded_at,
        disputes.outcome as stated_outcome,
        states.status,
        case
            when states.status = 'cancelled' then 'cancelled'
            when states.status = 'closed' and disputes.outcome in ('stabilised', 'litigation', 'transferred')
                then disputes.outcome
            when states.status = 'closed' and coalesce(disputes.outcome, 'resolved') = 'resolved'
                then 'resolved'
            when states.status = 'closed' then 'other'
            when states.stage = 'stabilise' then 'stabilised'
            else 'open'
        end as outcome
    from marts.fct_disputes as disputes
    inner join marts.fct_loop_stages as states
        on disputes.work_item_id = states.work_item_id
        and states.valid_from <= :as_of
        and (states.valid_to > :as_of or states.valid_to is null)
    where (cast(:station as text) is null or states.station_id = :station)
        and {only}
)
"""


_MOVED = """
moved as (
    select
        chosen.work_item_id,
        count(*) filter (where events.stage = 'mediate') as rounds,
        count(*) filter (where events.move = 'escalate') as escalations,
        min(events.occurred_at) filter (where events.move = 'reopen') as reopened_at
    from chosen
    inner join marts.fct_item_events as events
        on chosen.work_item_id = events.work_item_id
    where events.counts
        and events.occurred_at <= :as_of
        and (events.stage = 'mediate' or events.move in ('escalate', 'reopen'))
    group by chosen.work_item_id
)
"""

_FOUND = f"""{_standing()},

chosen as (
    select *
    from standing
    where found_at >= :since and found_at < :until
),
{_MOVED},

told as (
    select
        chosen.*,
        coalesce(moved.rounds, 0) as rounds,
        coalesce(moved.escalations, 0) as escalations,
        case
            when chosen.first_mediated_at >= chosen.found_at
                then extract(epoch from chosen.first_mediated_at - chosen.found_at) / 3600.0
        end as hours_to_first_visit,
        case
            when chosen.outcome = 'resolved' and chosen.concluded_at >= chosen.found_at
                then cast(extract(epoch from chosen.concluded_at - chosen.found_at) / 86400.0 as float8)
        end as days_to_resolve
    from chosen
    left join moved
        on chosen.work_item_id = moved.work_item_id
)

select
    case
        when grouping(station_id) = 0 then 'station'
        when grouping(category) = 0 then 'category'
        when grouping(severity) = 0 then 'severity'
        else 'all'
    end as dimension,
    coalesce(station_id, category, severity) as member,
    count(*) as found,
    count(*) filter (where outcome <> 'cancelled') as counted,
    count(*) filter (where outcome = 'resolved') as resolved,
    count(*) filter (where outcome = 'stabilised') as stabilised,
    count(*) filter (where outcome = 'litigation') as litigation,
    count(*) filter (where outcome = 'transferred') as transferred,
    count(*) filter (where outcome = 'other') as other,
    count(*) filter (where outcome = 'open') as open,
    count(*) filter (where outcome = 'cancelled') as cancelled,
    count(*) filter (where outcome <> 'cancelled' and conclude_due_at < :as_of) as due,
    count(*) filter (where outcome = 'resolved' and conclude_due_at < :as_of) as due_resolved,
    count(*) filter (where escalations > 0) as escalated,
    count(*) filter (where first_mediated_at is not null) as visited,
    count(*) filter (where rounds > 1) as several_rounds,
    percentile_cont(0.5) within group (order by rounds) filter (where rounds > 0) as median_rounds,
    percentile_cont(0.5) within group (order by hours_to_first_visit) as median_hours_to_first_visit,
    percentile_cont(0.5) within group (order by days_to_resolve) as median_days_resolved,
    nullif(
        percentile_disc(0.5) within group (order by coalesce(days_to_resolve, 'infinity'))
        filter (where outcome <> 'cancelled'),
        'infinity'
    ) as median_days_of_all
from told
group by grouping sets ((), (station_id), (category), (severity))
having count(*) > 0
order by dimension, member
"""


def found_disputes(
    scope: Scope, as_of: datetime, since: datetime, until: datetime, station: str | None = None
) -> pd.DataFrame:
    """Disputes found in [since, until), by what had become of them at ``as_of``.

    One row for all and one per station, category and severity (``dimension``, ``member``; a severity may be
    None). ``counted`` are those not cancelled, the denominator of every share; ``due`` those of them whose
    first deadline had passed, resolved or not. ``median_days_resolved`` is that of the resolved alone, in
    days, and too short while others are open; ``median_days_of_all`` takes whatever is not resolved for
    longer than any, None when fewer than half are. An empty frame means that none was found, or none
    reported.
    """
    return read(scope, as_of, _FOUND, {"since": since, "until": until, "station": station})


_AFTERWARDS = f"""{_standing(_FOLLOWED_ONLY)},

known as (
    select
        station_id,
        case when bool_and(known_until is not null) then min(known_until) end as known_until
    from marts.ops_coverage
    where source_table in ('disputes', 'loop_events', 'incidents')
    group by station_id
),

-- What was opened again had been resolved before, whatever it came to in the end.
chosen as (
    select
        standing.*,
        least(:as_of, known.known_until) as known_until
    from standing
    inner join known
        on standing.station_id = known.station_id
    where standing.first_concluded_at is not null
        and standing.outcome <> 'cancelled'
        and known.known_until is not null
),
{_MOVED},

followed as (
    select
        chosen.work_item_id,
        chosen.station_id,
        chosen.place_key,
        chosen.first_concluded_at,
        case when moved.reopened_at > chosen.first_concluded_at then moved.reopened_at end as reopened_at,
        windows.days,
        chosen.first_concluded_at + windows.days * interval '24 hours' as followed_until
    from chosen
    cross join (values (30), (90)) as windows (days)
    left join moved
        on chosen.work_item_id = moved.work_item_id
    where chosen.first_concluded_at + windows.days * interval '24 hours' >= :since
        and chosen.first_concluded_at + windows.days * interval '24 hours' < :until
        and chosen.first_concluded_at + windows.days * interval '24 hours' <= chosen.known_until
        and (coalesce(chosen.stated_outcome, 'resolved') = 'resolved' or moved.reopened_at is not null)
),

called as (
    select
        followed.work_item_id,
        followed.days,
        count(*) as calls
    from followed
    inner join marts.fct_repeat_calls as calls
        on followed.work_item_id = calls.work_item_id
        and calls.called_at <= followed.followed_until
        and (calls.cancelled_at > :as_of or calls.cancelled_at is null)
    group by followed.work_item_id, followed.days
)

select
    case when grouping(followed.station_id) = 0 then 'station' else 'all' end as dimension,
    followed.station_id as member,
    followed.days,
    count(*) as resolved,
    count(*) filter (where followed.reopened_at <= followed.followed_until) as reopened,
    count(*) filter (where followed.place_key is not null) as with_place,
    count(*) filter (where called.calls > 0) as called_again,
    cast(coalesce(sum(called.calls), 0) as integer) as calls
from followed
left join called
    on followed.work_item_id = called.work_item_id
    and followed.days = called.days
group by grouping sets ((followed.days), (followed.days, followed.station_id))
order by dimension, member, followed.days
"""


def after_resolution(
    scope: Scope, as_of: datetime, since: datetime, until: datetime, station: str | None = None
) -> pd.DataFrame:
    """What came back after a dispute was first resolved, for those whose 30 (90) days ended in [since,
    until).

    One row per ``days`` (30, 90) for all and per station (``dimension``, ``member``). ``reopened`` and
    ``called_again`` count disputes, up to exactly so many days later; the latter only among those
    ``with_place``. Windows that complete loads do not cover are not there. An empty frame means that no
    window ended, or none is known.
    """
    return read(scope, as_of, _AFTERWARDS, {"since": since, "until": until, "station": station})


def _items(only: str, chosen: str) -> str:
    return f"""{_standing(only)},

chosen as (
    select *
    from standing
    where {chosen}
),
{_MOVED},

called as (
    select
        chosen.work_item_id,
        count(*) filter (where calls.called_at <= chosen.first_concluded_at + interval '720 hours')
            as calls_30d,
        count(*) as calls_90d
    from chosen
    inner join marts.fct_repeat_calls as calls
        on chosen.work_item_id = calls.work_item_id
    where chosen.first_concluded_at is not null
        and calls.called_at <= :as_of
        and (calls.cancelled_at > :as_of or calls.cancelled_at is null)
    group by chosen.work_item_id
)

select
    chosen.work_item_id,
    coalesce(chosen.source_no, chosen.dispute_id) as item_no,
    chosen.station_id,
    chosen.category,
    chosen.severity,
    chosen.outcome,
    chosen.found_at,
    cast(extract(epoch from :as_of - chosen.found_at) / 86400.0 as float8) as age_days,
    chosen.first_mediated_at,
    coalesce(moved.rounds, 0) as rounds,
    coalesce(moved.escalations, 0) as escalations,
    chosen.conclude_due_at,
    chosen.first_concluded_at,
    moved.reopened_at,
    case when chosen.first_concluded_at is not null then coalesce(called.calls_30d, 0) end as calls_30d,
    case when chosen.first_concluded_at is not null then coalesce(called.calls_90d, 0) end as calls_90d,
    count(*) over () as all_items
from chosen
left join moved
    on chosen.work_item_id = moved.work_item_id
left join called
    on chosen.work_item_id = called.work_item_id
order by
    chosen.status <> 'open',
    array_position(array['red', 'yellow', 'blue'], chosen.severity) nulls last,
    chosen.found_at,
    chosen.work_item_id
limit :row_limit
"""


_UNRESOLVED = _items(_OPEN_ONLY, "status = 'open'")
_FOUND_ITEMS = _items("true", "found_at >= :since and found_at < :until and :view in ('found', outcome)")


def dispute_items(
    scope: Scope,
    as_of: datetime,
    view: str,
    since: datetime,
    until: datetime,
    station: str | None = None,
    row_limit: int = 1000,
) -> pd.DataFrame:
    """The disputes behind the figures, open ones first, then by colour and date found.

    ``view`` is ``unresolved`` (neither concluded nor cancelled, whenever found), ``found`` (all found in
    [since, until)) or one of OUTCOMES among these. One row per dispute; ``calls_30d`` and ``calls_90d`` are
    calls from its place after the first conclusion so far, None before it; ``all_items`` counts the rows
    before the limit. An empty frame means that there is none.
    """
    params = {"view": view, "since": since, "until": until, "station": station, "row_limit": row_limit}
    return read(scope, as_of, _UNRESOLVED if view == "unresolved" else _FOUND_ITEMS, params)
