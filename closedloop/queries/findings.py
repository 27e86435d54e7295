"""Findings (问题通报): what in the records is wrong or missing, at a moment, by station and rule.

A finding stands from ``found_at`` until ``mended_at``. One of kind ``review`` cannot be mended: it is to be
looked at, and counts as open for :data:`REVIEW_DAYS` days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from closedloop.queries.reading import read
from closedloop.warehouse.scope import Scope

#: Parts of the list: what stands and is recent, was found since a moment, stands from before, all that
#: stands, what was mended or found in a period.
SHOWN = ("recent", "new", "older", "open", "mended", "found")

REVIEW_DAYS = 28
#: What was found in so many days before the moment is recent; what stands from before is older stock.
RECENT_DAYS = 7
#: Source numbers of one rule that a reminder names.
NAMED = 8


@dataclass(frozen=True)
class FindingFilter:
    """Which findings; None or empty means all. Hashable, so it can key a cache."""

    new_since: datetime
    since: datetime
    until: datetime
    station: str | None = None
    rules: tuple[str, ...] = ()
    loops: tuple[str, ...] = ()
    shown: str = "open"

    def params(self) -> dict[str, object]:
        """The bind parameters of :data:`STANDING`."""
        return {
            "new_since": self.new_since,
            "since": self.since,
            "until": self.until,
            "station": self.station,
            "rules": list(self.rules) or None,
            "loops": list(self.loops) or None,
            "shown": self.shown,
        }


_RULES = """
select
    rule_id,
    name_zh,
    name_en,
    kind,
    charged_to,
    counted_per,
    definition_zh,
    definition_en,
    mend_zh,
    mend_en
from marts.dim_finding_rules
order by sort_order, rule_id
"""


def finding_rules(scope: Scope, as_of: datetime) -> pd.DataFrame:
    """One row per rule, in the catalogue's order: names, kind, whom it is for, definition, how to mend it."""
    return read(scope, as_of, _RULES)


STANDING = f"""
with standing as (
    select
        findings.finding_id,
        findings.rule_id,
        findings.station_id,
        findings.work_item_id,
        findings.loop,
        findings.subject_key,
        findings.detail,
        findings.found_at,
        rules.kind,
        rules.charged_to,
        rules.counted_per,
        rules.sort_order,
        case when findings.mended_at <= :as_of then findings.mended_at end as mended_at,
        coalesce(findings.mended_at > :as_of, true)
        and (
            rules.kind <> 'review'
            or findings.found_at > :as_of - interval '{REVIEW_DAYS} days'
        ) as is_open,
        findings.found_at > :as_of - interval '{RECENT_DAYS} days' as is_recent
    from marts.fct_findings as findings
    inner join marts.dim_finding_rules as rules
        on findings.rule_id = rules.rule_id
    where findings.found_at <= :as_of
        and (cast(:station as text) is null or findings.station_id = :station)
        and (cast(:rules as text[]) is null or findings.rule_id = any(:rules))
        and (cast(:loops as text[]) is null or findings.loop = any(:loops))
)
"""

_COUNTS = (
    STANDING
    + """
, counted as (
    select
        station_id,
        rule_id,
        kind,
        charged_to,
        counted_per,
        sort_order,
        count(*) filter (where is_open) as open_findings,
        count(*) filter (where is_open and is_recent) as recent_findings,
        count(*) filter (where found_at >= :new_since) as new_findings,
        count(*) filter (where found_at > :as_of - interval '28 days') as found_28,
        count(*) filter (where found_at > :as_of - interval '90 days') as found_90,
        count(*) filter (where mended_at > :as_of - interval '90 days') as mended_90,
        percentile_cont(0.5) within group (order by date_part('epoch', mended_at - found_at) / 60)
            filter (where mended_at > :as_of - interval '90 days') as median_minutes,
        min(found_at) filter (where is_open) as oldest_at,
        count(*) filter (where mended_at >= :since and mended_at < :until) as mended_in_period,
        count(*) filter (where found_at >= :since and found_at < :until) as found_in_period
    from standing
    -- What is mended and long past counts nowhere.
    where is_open
        or found_at > :as_of - interval '90 days'
        or mended_at > :as_of - interval '90 days'
        or (found_at >= :since and found_at < :until)
        or (mended_at >= :since and mended_at < :until)
        or found_at >= :new_since
    group by station_id, rule_id, kind, charged_to, counted_per, sort_order
),

-- What repeats are set against: items that opened meanwhile, of one loop or of all; activities of volunteers.
opened as (
    select
        items.station_id,
        items.loop as counted_per,
        count(*) filter (where items.opened_at > :as_of - interval '28 days') as base_28,
        count(*) as base_90
    from marts.dim_loops as loops
    inner join marts.fct_work_items as items
        on loops.loop = items.loop
        and items.opened_at > :as_of - interval '90 days'
        and items.opened_at <= :as_of
    group by items.station_id, items.loop
),

bases as (
    select station_id, counted_per, base_28, base_90
    from opened

    union all

    select station_id, 'item', sum(base_28), sum(base_90)
    from opened
    group by station_id

    union all

    select
        station_id,
        'activity',
        count(*) filter (where started_at > :as_of - interval '28 days'),
        count(*)
    from marts.fct_volunteer_activities
    where started_at > :as_of - interval '90 days' and started_at <= :as_of
    group by station_id
)

select
    counted.*,
    bases.base_28,
    bases.base_90,
    100.0 * counted.found_28 / nullif(bases.base_28, 0) as per_100_28,
    100.0 * counted.found_90 / nullif(bases.base_90, 0) as per_100_90
from counted
left join bases
    on counted.station_id = bases.station_id
    and counted.counted_per = bases.counted_per
where counted.open_findings > 0
    or counted.found_90 > 0
    or counted.mended_90 > 0
    or counted.found_in_period > 0
    or counted.mended_in_period > 0
order by counted.sort_order, counted.rule_id, counted.station_id
"""
)


def finding_counts(scope: Scope, as_of: datetime, wanted: FindingFilter) -> pd.DataFrame:
    """How findings stand, by station and rule.

    One row per station × rule with anything open, or found or mended in 90 days or in the period.
    ``open_findings`` stand now, ``recent_findings`` of them were found in the last 7 days, ``new_findings``
    were found since ``wanted.new_since``, ``found_28`` and ``found_90`` in the days before the moment
    (repeats), ``per_100_28`` and ``per_100_90`` set them against the items that opened (``base_…``);
    ``median_minutes`` from found to mended, of the ``mended_90`` ones mended in 90 days; ``oldest_at`` of the
    open ones. Of ``wanted``, ``shown`` plays no part. An empty frame means that nothing was found.
    """
    return read(scope, as_of, _COUNTS, wanted.params())


_MEDIAN = (
    STANDING
    + """
select
    count(*) as mended,
    percentile_cont(0.5) within group (order by date_part('epoch', mended_at - found_at) / 60)
        as median_minutes
from standing
where mended_at > :as_of - interval '90 days'
"""
)


def time_to_mend(scope: Scope, as_of: datetime, wanted: FindingFilter) -> pd.DataFrame:
    """One row: findings ``mended`` in 90 days, ``median_minutes`` from found to mended."""
    return read(scope, as_of, _MEDIAN, wanted.params())


_LIST = (
    STANDING
    + """
, chosen as (
    select *
    from standing
    where case :shown
        when 'recent' then is_open and is_recent
        when 'older' then is_open and not is_recent
        when 'open' then is_open
        when 'new' then found_at >= :new_since
        when 'mended' then mended_at >= :since and mended_at < :until
        else found_at >= :since and found_at < :until
    end
),

-- The newest, before anything is looked up about them.
first as (
    select *
    from chosen
    order by found_at desc, sort_order, finding_id
    limit :row_limit
)

select
    first.finding_id,
    first.rule_id,
    first.station_id,
    first.work_item_id,
    first.loop,
    coalesce(items.source_no, items.item_id, first.subject_key) as item_no,
    first.subject_key,
    first.detail,
    first.found_at,
    first.mended_at,
    first.is_open,
    first.kind,
    first.charged_to
from first
left join marts.fct_work_items as items
    on first.work_item_id = items.work_item_id
order by first.found_at desc, first.sort_order, first.finding_id
"""
)


def finding_list(scope: Scope, as_of: datetime, wanted: FindingFilter, row_limit: int = 200) -> pd.DataFrame:
    """The findings that ``wanted`` describes, newest first, at most ``row_limit``.

    One row per finding. ``item_no`` is the item's number in the source system; for a finding about no single
    item, what it is about. ``detail`` is what was found, as a dictionary.
    """
    return read(scope, as_of, _LIST, {**wanted.params(), "row_limit": row_limit})


_REMINDERS = (
    STANDING
    + f"""
, mendable as (
    select *
    from standing
    where is_open
        and kind <> 'review'
        and charged_to = 'station'
        and station_id <> 'UNASSIGNED'
),

recent as (
    select
        mendable.station_id,
        mendable.rule_id,
        count(*) as findings,
        count(*) filter (where mendable.found_at >= :new_since) as new_findings,
        (array_agg(distinct coalesce(items.source_no, items.item_id, mendable.subject_key)))[1:{NAMED}]
            as numbers
    from mendable
    left join marts.fct_work_items as items
        on mendable.work_item_id = items.work_item_id
    where mendable.is_recent
    group by mendable.station_id, mendable.rule_id
),

older as (
    select station_id, rule_id, count(*) as older_findings, min(found_at) as oldest_at
    from mendable
    where not is_recent
    group by station_id, rule_id
)

select
    station_id,
    rule_id,
    coalesce(recent.findings, 0) as findings,
    coalesce(recent.new_findings, 0) as new_findings,
    coalesce(older.older_findings, 0) as older_findings,
    older.oldest_at,
    recent.numbers
from recent
full join older using (station_id, rule_id)
inner join marts.dim_finding_rules as rules using (rule_id)
order by station_id, rules.sort_order
"""
)


def reminders(scope: Scope, as_of: datetime, wanted: FindingFilter) -> pd.DataFrame:
    """What a reminder (催办) to a station names: open findings that the station itself can mend.

    One row per station × rule: ``findings`` of the last 7 days (``new_findings`` of them since
    ``wanted.new_since``) with the first ``numbers`` of their items in the source system, and how many
    ``older_findings`` still stand, since ``oldest_at``. Only numbers, never a person.
    """
    return read(scope, as_of, _REMINDERS, wanted.params())


_OF_ITEM = (
    STANDING
    + """
select finding_id, rule_id, station_id, loop, detail, found_at, mended_at, is_open, kind, charged_to
from standing
where work_item_id = :item
order by is_open desc, found_at desc, sort_order, finding_id
"""
)


def findings_of_item(scope: Scope, as_of: datetime, item: str) -> pd.DataFrame:
    """What was found about one item ``loop:item_id`` by the moment, what stands first, then newest first.

    One row per finding; ``mended_at`` is None for what was not mended by then. An empty frame means that
    nothing was found.
    """
    anything = FindingFilter(new_since=as_of, since=as_of, until=as_of)
    return read(scope, as_of, _OF_ITEM, {**anything.params(), "item": item})


_MEND_BY = """
select calendar_date as mend_by, closes_at
from marts.dim_calendar
where is_workday and calendar_date > cast(:today as date)
order by calendar_date
offset :days - 1
limit 1
"""


def working_day_after(scope: Scope, as_of: datetime, today: str, days: int) -> pd.DataFrame:
    """The ``days``-th working day after ``today`` (ISO date): one row, none beyond the calendar."""
    return read(scope, as_of, _MEND_BY, {"today": today, "days": days})
