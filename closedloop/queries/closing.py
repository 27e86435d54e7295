"""Time to close: how long each item of a cohort took, and how long the others have been open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from closedloop.queries.reading import read
from closedloop.warehouse.scope import Scope


@dataclass(frozen=True)
class Cohort:
    """Which items, by their opening in [since, until). Empty tuples mean all. Hashable, to key a cache."""

    since: datetime
    until: datetime
    loop: str | None = None
    stations: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()


_TIMES = """
with opened as (
    select
        items.work_item_id,
        items.loop,
        items.source_table,
        case when items.has_moved then states.station_id else items.station_id end as station_id,
        -- The colour it got first: what takes long is often upgraded because it takes long.
        case
            when case when items.has_moved then states.severity else items.severity end is not null
                then items.severity_at_issue
        end as severity,
        items.opened_at,
        least(items.first_closed_at, items.first_cancelled_at) as ended_at,
        items.first_closed_at <= coalesce(items.first_cancelled_at, items.first_closed_at) as was_closed,
        case when items.first_limit_started_at <= :as_of then items.first_limit_due_at end as limit_at
    from marts.fct_work_items as items
    left join lateral (
        select at_the_moment.station_id, at_the_moment.severity
        from marts.fct_loop_stages as at_the_moment
        where items.has_moved
            and at_the_moment.work_item_id = items.work_item_id
            and at_the_moment.valid_from <= :as_of
            and (at_the_moment.valid_to > :as_of or at_the_moment.valid_to is null)
        limit 1
    ) as states on true
    where items.opened_at >= :since
        and items.opened_at < :until
        and items.opened_at <= :as_of
        -- None where the station of that moment is out of the scope.
        and (not items.has_moved or states.station_id is not null)
        and (cast(:loop as text) is null or items.loop = :loop)
        and (
            cast(:stations as text[]) is null
            or case when items.has_moved then states.station_id else items.station_id end
            = any(cast(:stations as text[]))
        )
),

-- A stage may come with the item's own table or with the events: known is what both have reported.
watched as (
    select
        opened.*,
        least(:as_of, own.known_until, events.known_until) as watched_until,
        own.covered_from
    from opened
    left join marts.ops_coverage as own
        on opened.station_id = own.station_id
        and opened.source_table = own.source_table
    left join marts.ops_coverage as events
        on opened.station_id = events.station_id
        and events.source_table = 'loop_events'
    where cast(:severities as text[]) is null
        or coalesce(opened.severity, 'none') = any(cast(:severities as text[]))
),

timed as (
    select
        watched.loop,
        case when :by in ('station', 'both') then watched.station_id end as station_id,
        case when :by in ('severity', 'both') then watched.severity end as severity,
        case
            when watched.ended_at <= watched.watched_until then
                case when watched.was_closed then 'closed' else 'cancelled' end
            else 'open'
        end as outcome,
        -- date_part counts in double precision, which sorts and groups faster than extract's decimals.
        date_part('epoch', least(watched.ended_at, watched.watched_until) - watched.opened_at) as seconds,
        greatest(coalesce(date_part('epoch', watched.covered_from - watched.opened_at), 0), 0)
            as unseen_seconds,
        date_part('epoch', watched.limit_at - watched.opened_at) as limit_seconds
    from watched
    where watched.opened_at <= watched.watched_until
)

select
    loop,
    station_id,
    severity,
    outcome,
    ceil(seconds / 60) as minutes,
    floor(unseen_seconds / 60) as unseen_minutes,
    limit_seconds / 60 as limit_minutes,
    count(*) as items
from timed
where seconds > unseen_seconds or unseen_seconds = 0
group by
    loop,
    station_id,
    severity,
    outcome,
    ceil(seconds / 60),
    floor(unseen_seconds / 60),
    limit_seconds / 60
"""


def closing_times(scope: Scope, as_of: datetime, cohort: Cohort, by: str = "both") -> pd.DataFrame:
    """How long the items of a cohort took to their first closing, as far as it is known at ``as_of``.

    Items counted, one row per loop × station × colour at issue × ``outcome`` × times. ``by``: ``station``,
    ``severity`` or ``loop`` leave the other columns empty, and so give fewer rows. ``outcome``:
    ``closed``, ``cancelled`` (or withdrawn), ``open``. ``minutes`` from the opening to that end; for what
    is open to the last moment its station has reported, which is never after ``as_of``: an end seen later
    than that is not used, because what was not reported may have ended as well. Full minutes, rounded up,
    so an item is within a limit of full minutes exactly when its minutes are. ``unseen_minutes``: how old
    it was when its station's data begin. ``limit_minutes``: from the opening to the first deadline of the
    whole loop as set at its start, if somebody confirmed that limit; None where there is none. The station
    is the one that has the item at ``as_of``; items that have since gone to a station outside the scope are
    left out. An empty frame means that nothing was opened, or nothing reported.
    """
    params = {
        "since": cohort.since,
        "until": cohort.until,
        "loop": cohort.loop,
        "stations": list(cohort.stations) or None,
        "severities": list(cohort.severities) or None,
        "by": by,
    }
    return read(scope, as_of, _TIMES, params)
