"""How things stand at a moment: what is open, at which stage, in whose hands, and how its deadlines do.

Every question here starts from the same three thoughts (:data:`STANDING`), so a card, a list and a download
can never disagree about what is open or overdue. All of it is read from intervals, so any past moment works.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from closedloop.queries.reading import read
from closedloop.warehouse.scope import Scope

#: How a deadline is judged, worst first. ``unknown`` is 待数据确认, ``unconfirmed`` a limit that nobody
#: confirmed (滞留 n 天), ``untimed`` an item without a running target.
JUDGEMENTS = ("overdue", "due_soon", "unknown", "running", "paused", "no_calendar", "unconfirmed", "untimed")


@dataclass(frozen=True)
class OpenFilter:
    """Which open items; None or empty means all. Opened in [opened_from, opened_until). Hashable, so it can
    key a cache.
    """

    station: str | None = None
    stations: tuple[str, ...] = ()
    loops: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    target: str | None = None
    stages: tuple[str, ...] = ()
    holders: tuple[str, ...] = ()
    min_age_days: int = 0
    judgements: tuple[str, ...] = ()
    returned: bool = False
    opened_from: datetime | None = None
    opened_until: datetime | None = None

    def params(self) -> dict[str, object]:
        """The bind parameters of :data:`STANDING` and the filters that follow it."""
        loop, _, target = (self.target or "").partition(":")
        return {
            "station": self.station,
            "stations": _some(self.stations),
            "loops": _some(self.loops),
            "severities": _some(self.severities),
            "target_loop": loop or None,
            "target": target or None,
            "stages": _some(self.stages),
            "holders": _some(self.holders),
            "min_age": timedelta(days=self.min_age_days),
            "judgements": _some(self.judgements),
            "returned": self.returned,
            "opened_from": self.opened_from,
            "opened_until": self.opened_until,
        }


def _some(values: Sequence[str]) -> list[str] | None:
    return list(values) or None


def open_between(since: str, until: str) -> str:
    """The condition on ``marts.fct_loop_stages`` for open intervals that may reach into [since, until].

    They are found by how long they lasted: one that ended within a day began no earlier than a day before
    ``since``. So the cost follows what was open then, not everything that ever was. When the interval ended
    is left to the question.
    """
    return f"""(
            (lasting = 1 and valid_from between {since} - interval '1 day' and {until})
            or (lasting = 8 and valid_from between {since} - interval '8 days' and {until})
            or (lasting = 64 and valid_from between {since} - interval '64 days' and {until})
            or (lasting = 0 and valid_from <= {until})
        )"""


STANDING = f"""
with standing as (
    select
        work_item_id,
        loop,
        item_id,
        station_id,
        stage,
        stage_entered_at,
        next_stage,
        severity,
        holder_kind,
        holder_id,
        department_id,
        is_returned,
        missing_stages
    from marts.fct_loop_stages
    where {open_between(":as_of", ":as_of")}
        and (valid_to > :as_of or valid_to is null)
        and (cast(:station as text) is null or station_id = :station)
        and (cast(:stations as text[]) is null or station_id = any(cast(:stations as text[])))
),

clocks as (
    select
        targets.work_item_id,
        targets.spell_id,
        targets.target,
        targets.unit,
        targets.charged_to,
        targets.started_at,
        targets.breached_at,
        segments.due_at,
        case
            when not targets.is_confirmed then 'unconfirmed'
            else
                marts.target_state(
                    :as_of, known.known_until, targets.started_at, targets.ended_at, targets.end_kind,
                    targets.breached_at, segments.phase, segments.due_at
                )
        end as state,
        targets.warn_minutes * interval '1 minute' as warning
    from standing
    inner join marts.fct_sla_targets as targets
        on standing.work_item_id = targets.work_item_id
    left join marts.ops_coverage as known
        on targets.station_id = known.station_id
        and targets.source_table = known.source_table
    left join marts.fct_sla_clock as segments
        on targets.spell_id = segments.spell_id
        and segments.seg_from <= :as_of
        and (segments.seg_to > :as_of or segments.seg_to is null)
    where targets.started_at <= :as_of
        and (targets.ended_at > :as_of or targets.ended_at is null)
        and (
            cast(:target as text) is null
            or (targets.target = :target and standing.loop = :target_loop)
        )
),

judged_clocks as (
    select
        *,
        case when state = 'running' and due_at <= :as_of + warning then 'due_soon' else state end as judgement
    from clocks
),

-- The worst clock speaks for the item; among equals the one due first, and then always the same one.
worst as (
    select distinct on (work_item_id)
        *,
        count(*) over (partition by work_item_id) as running_targets
    from judged_clocks
    order by
        work_item_id,
        array_position(
            array['overdue', 'due_soon', 'unknown', 'running', 'paused', 'no_calendar', 'unconfirmed'],
            judgement
        ),
        breached_at,
        due_at,
        target,
        spell_id
),

open_items as (
    select
        standing.*,
        coalesce(worst.judgement, 'untimed') as judgement,
        worst.target,
        worst.unit,
        worst.charged_to,
        worst.due_at,
        case when worst.judgement = 'overdue' then worst.breached_at end as overdue_since,
        worst.running_targets
    from standing
    left join worst
        on standing.work_item_id = worst.work_item_id
    where cast(:target as text) is null or worst.target is not null
)
"""

_COUNTS = (
    STANDING
    + """
select
    station_id,
    loop,
    severity,
    judgement,
    is_returned,
    count(*) as items,
    coalesce(sum(case when cardinality(missing_stages) > 0 then 1 end), 0) as items_with_missing_stages
from open_items
group by station_id, loop, severity, judgement, is_returned
"""
)


def standing_counts(scope: Scope, as_of: datetime, station: str | None = None) -> pd.DataFrame:
    """Open items counted.

    One row per station × loop × severity × judgement × is_returned. ``severity`` is None for items without a
    colour. An empty frame means that nothing is open in the scope at that moment, or that nothing was known
    of it.
    """
    return read(scope, as_of, _COUNTS, OpenFilter(station=station).params())


#: What a list shows of each open item, and the filters of the list; follows :data:`STANDING`.
LISTED = """
listed as (
    select
        open_items.*,
        items.source_no,
        items.title,
        items.opened_at,
        items.category,
        items.place,
        items.rework_count,
        items.return_count,
        :as_of - items.opened_at as age
    from open_items
    left join marts.fct_work_items as items
        on open_items.work_item_id = items.work_item_id
),

chosen as (
    select *
    from listed
    where (cast(:loops as text[]) is null or loop = any(cast(:loops as text[])))
        and (
            cast(:severities as text[]) is null
            or coalesce(severity, 'none') = any(cast(:severities as text[]))
        )
        and (cast(:stages as text[]) is null or loop || ':' || stage = any(cast(:stages as text[])))
        and (cast(:holders as text[]) is null or holder_kind = any(cast(:holders as text[])))
        and (not cast(:returned as boolean) or is_returned)
        and (cast(:opened_from as timestamptz) is null or opened_at >= :opened_from)
        and (cast(:opened_until as timestamptz) is null or opened_at < :opened_until)
        and age >= cast(:min_age as interval)
)
"""

_COLUMNS = """
    work_item_id,
    loop,
    item_id,
    coalesce(source_no, item_id) as item_no,
    title,
    category,
    place,
    station_id,
    severity,
    stage,
    stage_entered_at,
    next_stage,
    holder_kind,
    holder_id,
    judgement,
    target,
    unit,
    charged_to,
    due_at,
    overdue_since,
    opened_at,
    is_returned,
    rework_count,
    return_count,
    missing_stages,
    extract(epoch from :as_of - overdue_since) / 60 as overdue_minutes,
    extract(epoch from due_at - :as_of) / 60 as minutes_left,
    extract(epoch from age) / 86400 as age_days,
    extract(epoch from :as_of - stage_entered_at) / 60 as dwell_minutes
"""

#: True of an item whose deadline is near: then the hour weighs more than the colour.
_PRESSING = """(
        judgement = 'due_soon'
        or (judgement = 'running' and due_at <= :as_of + interval '24 hours')
    ) is true"""

#: Overdue by colour, then the longest; due soon and not yet known; due within 24 hours; the rest by colour.
_WORST_FIRST = f"""
    array_position(array['overdue', 'due_soon', 'unknown'], judgement) nulls last,
    ({_PRESSING}) desc,
    array_position(
        array['running', 'paused', 'no_calendar', 'unconfirmed', 'untimed'],
        judgement
    ),
    case when not {_PRESSING} then array_position(array['red', 'yellow', 'blue'], severity) end nulls last,
    coalesce(overdue_since, due_at) nulls last,
    opened_at,
    work_item_id
"""

_OPEN_ITEMS = f"""{STANDING},
{LISTED}
select
    {_COLUMNS}
from chosen
where cast(:judgements as text[]) is null or judgement = any(cast(:judgements as text[]))
order by
    {_WORST_FIRST}
limit :row_limit
"""


def open_items(scope: Scope, as_of: datetime, wanted: OpenFilter, row_limit: int = 5000) -> pd.DataFrame:
    """The open items, worst first: overdue (red before yellow before blue, then the longest), due soon (the
    soonest first, whatever their colour), not yet known, due within 24 hours (likewise the soonest first),
    then the rest by colour and deadline.

    One row per work item. ``overdue_minutes``, ``minutes_left``, ``dwell_minutes`` in minutes, ``age_days``
    in days.
    ``target``, ``due_at`` and ``overdue_since`` belong to the worst running target; they are None when no
    target runs. ``title`` is None for an item that has since gone to a station outside the scope. An empty
    frame means that no open item passes the filter.
    """
    return read(scope, as_of, _OPEN_ITEMS, {**wanted.params(), "row_limit": row_limit})


_JUDGEMENT_COUNTS = f"""{STANDING},
{LISTED}
select judgement, count(*) as items
from chosen
group by judgement
"""


def judgement_counts(scope: Scope, as_of: datetime, wanted: OpenFilter) -> pd.DataFrame:
    """How many items that pass the filter (its judgements aside) are overdue, due soon, not yet known …

    One row per judgement that occurs. An empty frame means that no open item passes.
    """
    return read(scope, as_of, _JUDGEMENT_COUNTS, wanted.params())


_TODAY = f"""{STANDING},
{LISTED},

sections as (
    select 'overdue' as section, * from chosen where judgement = 'overdue'

    union all

    select 'due_soon', * from chosen where judgement = 'due_soon'

    union all

    select 'returned', * from chosen where is_returned
),

ranked as (
    select
        *,
        count(*) over (partition by section) as section_items,
        row_number() over (partition by section order by {_WORST_FIRST}) as place_in_section
    from sections
)

select
    section,
    section_items,
    {_COLUMNS}
from ranked
where place_in_section <= :per_section
order by section, place_in_section
"""


def todays_items(
    scope: Scope, as_of: datetime, station: str | None = None, per_section: int = 8
) -> pd.DataFrame:
    """What needs somebody: the first overdue items, the first that are due soon, the first returned for
    rework.

    Columns of :func:`open_items` and ``section`` (``overdue``, ``due_soon``, ``returned``) with
    ``section_items``, the number in the section before it was cut. A returned item that is also overdue
    stands in both. An empty frame means that nothing is overdue, due soon or returned.
    """
    params = {**OpenFilter(station=station).params(), "per_section": per_section}
    return read(scope, as_of, _TODAY, params)


_OPENED = """
select
    loop,
    severity_at_issue as severity,
    count(*) as items,
    sum(case when is_open then 1 else 0 end) as still_open
from marts.fct_work_items
where opened_at >= :since
    and opened_at < :as_of
    and (cast(:station as text) is null or station_id = :station)
group by loop, severity_at_issue
"""


def opened_since(scope: Scope, as_of: datetime, since: datetime, station: str | None = None) -> pd.DataFrame:
    """Items opened in [since, as_of).

    One row per loop × colour at issue; ``still_open`` counts those open when the marts were built. An empty
    frame means that nothing was opened, or that nothing was reported.
    """
    return read(scope, as_of, _OPENED, {"since": since, "station": station})
