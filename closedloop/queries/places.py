"""Repeat places: which are beyond their own expectation, what came of warnings, and one place's story.

A place is judged at the end of a calendar day, so questions take the last full day ``judged_on``. Homes with
few calls are hidden by row security from whoever does not work there or stand above it. Callers exist as
counts only.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime

import pandas as pd

from closedloop.queries.reading import read
from closedloop.warehouse.scope import Scope


@dataclass(frozen=True)
class PlaceFilter:
    """Which places are wanted. None means all; ``category`` None takes each place's most unusual one."""

    station: str | None = None
    category: str | None = None
    place_type: str | None = None


_BEYOND = """
with found as (
    select distinct on (days.place_id)
        days.place_id,
        days.station_id,
        days.category,
        days.calls,
        days.merged_calls,
        days.callers,
        days.expected,
        days.p,
        days.q,
        places.place,
        places.place_type,
        places.is_home
    from marts.fct_place_days as days
    inner join marts.dim_places as places on days.place_id = places.place_id
    where days.judged_on = :judged_on
        and (cast(:station as text) is null or days.station_id = :station)
        and (cast(:category as text) is null or days.category = :category)
        and (cast(:place_type as text) is null or places.place_type = :place_type)
    order by days.place_id, days.p, days.category <> 'all' desc, days.category
)

select
    found.*,
    max(warnings.issued_at) as warned_at,
    min(actions.opened_at) filter (where actions.opened_at > :as_of - interval '30 days') as directive_at
from found
left join marts.fct_warnings as warnings
    on found.place_id = warnings.place_id and warnings.issued_at <= :as_of
left join marts.fct_place_actions as actions
    on found.place_id = actions.place_id
    and actions.source_table = 'directives'
    and actions.opened_at <= :as_of
group by
    found.place_id, found.station_id, found.category, found.calls, found.merged_calls, found.callers,
    found.expected, found.p, found.q, found.place, found.place_type, found.is_home
order by found.p, found.place_id
"""


def beyond_expectation(scope: Scope, as_of: datetime, judged_on: date, wanted: PlaceFilter) -> pd.DataFrame:
    """The places beyond their own expectation at the end of ``judged_on``, most unusual first.

    One row per place, in its most unusual category. ``calls``, ``merged_calls`` and ``callers`` in the 30
    days, ``expected``, ``p``, ``q``; ``warned_at`` its last warning; ``directive_at`` the first directive of
    the last 30 days. An empty frame means that no place is.
    """
    return read(scope, as_of, _BEYOND, {"judged_on": judged_on, **asdict(wanted)})


#: How many places had how many calls: rolled up for the last full day, counted for any other.
_ROLLED = """
with alike as (
    select days, calls, sum(places) as places
    from marts.rollup_place_calls
    where judged_at = :judged_at
        and (cast(:station as text) is null or station_id = :station)
        and (cast(:place_type as text) is null or place_type = :place_type)
        and category = case when days = 30 then 'all' else coalesce(cast(:category as text), 'all') end
    group by days, calls
),
"""
_COUNTED = """
with standing as (
    select 30 as days, windows.calls
    from marts.fct_place_windows as windows
    inner join marts.dim_places as places on windows.place_id = places.place_id
    where windows.category = 'all'
        and windows.valid_from < :judged_at
        and (windows.valid_to >= :judged_at or windows.valid_to is null)
        and windows.calls >= 3
        and (cast(:station as text) is null or windows.station_id = :station)
        and (cast(:place_type as text) is null or places.place_type = :place_type)
),

recent as (
    select 364 as days, count(*) as calls
    from marts.fct_place_calls as calls
    where calls.received_at >= :judged_at - interval '364 days'
        and calls.received_at < :judged_at
        and (calls.withdrawn_at is null or calls.withdrawn_at >= :judged_at)
        and not calls.is_merged
        and (cast(:station as text) is null or calls.station_id = :station)
        and (cast(:category as text) is null or cast(:category as text) = 'all' or calls.category = :category)
        and (
            cast(:place_type as text) is null
            or exists (
                select from marts.dim_places as places
                where places.place_id = calls.place_id and places.place_type = :place_type
            )
        )
    group by calls.place_id
),

alike as (
    select days, calls, count(*) as places
    from (select days, calls from standing union all select days, calls from recent) as found
    group by days, calls
),
"""
_COMPARED = """
year as (
    select
        calls,
        places,
        sum(calls * places) over (order by calls desc) - calls * places as before,
        sum(calls * places) over () as total
    from alike
    where days = 364
)

select
    (select cast(coalesce(sum(places), 0) as bigint) from alike where days = 30) as three_in_thirty,
    (select max(calls) from alike where days = 30) as most_calls,
    cast(coalesce(sum(places), 0) as bigint) as places,
    cast(coalesce(sum(calls * places), 0) as bigint) as calls,
    -- of places with equally many calls as many as it takes
    cast(
        coalesce(sum(greatest(0, least(places, ceil((total / 2.0 - before) / calls)))), 0) as bigint
    ) as half_of_calls
from year
"""


def concentration(scope: Scope, as_of: datetime, judged_at: datetime, wanted: PlaceFilter) -> pd.DataFrame:
    """How calls gather at few places, and what the naive rule would name. One row.

    ``three_in_thirty``: places with three calls or more in the 30 days before ``judged_at``; ``places`` and
    ``calls`` of the 52 weeks before it; ``half_of_calls``: the fewest places that make up half of those
    calls.
    """
    asked = {"judged_at": judged_at, **asdict(wanted)}
    rolled = read(scope, as_of, _ROLLED + _COMPARED, asked)
    return rolled if rolled["places"].item() else read(scope, as_of, _COUNTED + _COMPARED, asked)


_WARNINGS = """
select
    warnings.warning_id,
    warnings.place_id,
    warnings.station_id,
    warnings.category,
    warnings.rule_version,
    warnings.issued_at,
    warnings.observed,
    warnings.expected,
    warnings.p,
    warnings.q,
    warnings.had_directive,
    case when warnings.directive_at <= :as_of then warnings.directive_at end as directive_at,
    case
        when warnings.directive_at <= :as_of
            then extract(epoch from warnings.directive_at - warnings.issued_at) / 86400
    end as lead_days,
    warnings.outcome_due_at <= :as_of as is_outcome_known,
    case when warnings.outcome_due_at <= :as_of then warnings.calls_after end as calls_after,
    warnings.outcome_due_at <= :as_of and warnings.p_after <= 0.05 as went_on,
    places.place,
    places.place_type
from marts.fct_warnings as warnings
inner join marts.dim_places as places on warnings.place_id = places.place_id
where warnings.issued_at <= :as_of
    and warnings.issued_at > :as_of - interval '364 days'
    and (cast(:station as text) is null or warnings.station_id = :station)
    and (cast(:category as text) is null or warnings.category = :category)
    and (cast(:place_type as text) is null or places.place_type = :place_type)
    and (cast(:place as bigint) is null or warnings.place_id = :place)
order by warnings.issued_at desc, warnings.p, warnings.warning_id
"""


def warnings(scope: Scope, as_of: datetime, wanted: PlaceFilter, place: int | None = None) -> pd.DataFrame:
    """Warnings of the 52 weeks before ``as_of``, newest first, with what came of them as far as it is known.

    ``lead_days``: days from the warning to the first directive within 30 days; ``is_outcome_known``: those 30
    days are over; ``went_on``: then the excess lasted. An empty frame means that none was issued.
    """
    return read(scope, as_of, _WARNINGS, {**asdict(wanted), "place": place})


_PLACE = """
select
    places.place_id,
    places.station_id,
    places.place,
    places.place_type,
    places.is_home,
    places.spellings,
    places.first_call_at,
    windows.calls,
    windows.merged_calls,
    windows.callers,
    windows.expected
from marts.dim_places as places
left join marts.fct_place_windows as windows
    on places.place_id = windows.place_id
    and windows.category = 'all'
    and windows.valid_from <= :as_of
    and (windows.valid_to > :as_of or windows.valid_to is null)
where places.place_id = :place and places.first_call_at <= :as_of
"""


def one_place(scope: Scope, as_of: datetime, place: int) -> pd.DataFrame:
    """A place and its window at ``as_of``: one row, or none where it is unknown or not for this scope.

    ``calls`` and the other figures of the window are None where it holds fewer than two calls.
    """
    return read(scope, as_of, _PLACE, {"place": place})


_WEEKS = """
with weeks as (
    select n, :as_of - (n + 1) * interval '7 days' as starts_at, :as_of - n * interval '7 days' as ends_at
    from generate_series(0, 51) as n
)

select
    weeks.starts_at,
    weeks.ends_at,
    count(calls.work_item_id) as calls,
    max(windows.expected) / 30 * 7 as expected,
    max(windows.shape) as shape,
    max(windows.rate) as rate
from weeks
left join marts.fct_place_calls as calls
    on calls.place_id = :place
    and calls.received_at > weeks.starts_at
    and calls.received_at <= weeks.ends_at
    and (calls.withdrawn_at is null or calls.withdrawn_at > :as_of)
    and not calls.is_merged
left join lateral (
    select expected, shape, rate
    from marts.fct_place_windows
    where place_id = :place and category = 'all' and valid_from <= weeks.ends_at and shape is not null
    order by valid_from desc
    limit 1
) as windows on true
group by weeks.starts_at, weeks.ends_at
order by weeks.starts_at
"""


def place_weeks(scope: Scope, as_of: datetime, place: int) -> pd.DataFrame:
    """Calls at a place in each of the 52 times seven days that end at ``as_of``, oldest first.

    ``expected`` in seven days, with ``shape`` and ``rate`` (days) of the gamma distribution it comes from, as
    learnt by the end of the week; None before anything was learnt.
    """
    return read(scope, as_of, _WEEKS, {"place": place})


_CATEGORIES = """
select
    category,
    count(*) filter (where received_at > :as_of - interval '30 days') as calls,
    count(*) as calls_of_year
from marts.fct_place_calls
where place_id = :place
    and received_at <= :as_of
    and received_at > :as_of - interval '364 days'
    and (withdrawn_at is null or withdrawn_at > :as_of)
    and not is_merged
group by category
order by count(*) desc, category
"""


def place_categories(scope: Scope, as_of: datetime, place: int) -> pd.DataFrame:
    """What the calls at a place were about: one row per category, calls of 30 days and of 52 weeks."""
    return read(scope, as_of, _CATEGORIES, {"place": place})


_ACTIONS = """
select
    actions.work_item_id,
    actions.source_table,
    actions.loop,
    actions.station_id,
    actions.opened_at,
    items.title,
    coalesce(items.source_no, items.item_id) as item_no,
    stages.severity,
    stages.stage,
    stages.is_open
from marts.fct_place_actions as actions
inner join marts.fct_work_items as items on actions.work_item_id = items.work_item_id
left join marts.fct_loop_stages as stages
    on actions.work_item_id = stages.work_item_id
    and stages.valid_from <= :as_of
    and (stages.valid_to > :as_of or stages.valid_to is null)
where actions.place_id = :place and actions.opened_at <= :as_of
order by stages.is_open desc nulls last, actions.opened_at desc, actions.work_item_id
"""


def place_actions(scope: Scope, as_of: datetime, place: int) -> pd.DataFrame:
    """Directives, diversions, disputes and tasks about a place, open ones first, then newest first."""
    return read(scope, as_of, _ACTIONS, {"place": place})


_BEFORE_AFTER = """
with since as (
    select min(opened_at) as directive_at
    from marts.fct_place_actions
    where place_id = :place and source_table = 'directives' and opened_at <= :as_of
        and opened_at > :as_of - interval '364 days'
),

watched as (
    select
        directive_at,
        least(directive_at - min(places.first_call_at), interval '182 days') as before,
        least(:as_of - directive_at, interval '182 days') as after
    from since
    cross join (select min(first_call_at) as first_call_at from marts.dim_places) as places
    group by directive_at
)

select
    watched.directive_at,
    extract(epoch from watched.before) / 86400 as days_before,
    extract(epoch from watched.after) / 86400 as days_after,
    count(calls.work_item_id) filter (where calls.received_at < watched.directive_at) as calls_before,
    count(calls.work_item_id) filter (where calls.received_at >= watched.directive_at) as calls_after
from watched
left join marts.fct_place_calls as calls
    on calls.place_id = :place
    and calls.received_at >= watched.directive_at - watched.before
    and calls.received_at < watched.directive_at + watched.after
    and (calls.withdrawn_at is null or calls.withdrawn_at > :as_of)
    and not calls.is_merged
where watched.directive_at is not null
group by watched.directive_at, watched.before, watched.after
"""


def before_and_after(scope: Scope, as_of: datetime, place: int) -> pd.DataFrame:
    """Calls before and after the first directive about a place in the 52 weeks before ``as_of``.

    One row, none without a directive: calls and days on either side, at most 182 days each.
    """
    return read(scope, as_of, _BEFORE_AFTER, {"place": place})


_TYPES = "select distinct place_type from marts.dim_places where place_type is not null order by place_type"


def place_types(scope: Scope, as_of: datetime) -> pd.DataFrame:
    """The types of place there are, as exports name them."""
    return read(scope, as_of, _TYPES)
