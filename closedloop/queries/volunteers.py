"""Volunteers (义警): how many serve, where, and what they did. Counts only; there is no row of a person."""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd

from closedloop.queries.reading import read
from closedloop.warehouse.scope import Scope

_SERVING = """
with serving as (
    select station_id, volunteer_post_id, squad, cast(sum(joined - departed) as integer) as volunteers
    from marts.fct_volunteer_changes
    where changed_on <= :day
        and (cast(:station as text) is null or station_id = :station)
    group by station_id, volunteer_post_id, squad
),

posts as (
    select station_id, volunteer_post_id
    from marts.fct_volunteer_posts
    where (opened_on <= :day or opened_on is null)
        and (closed_on > :day or closed_on is null)
        and (cast(:station as text) is null or station_id = :station)
),

people_counted as (
    select
        case
            when grouping(station_id) = 0 then 'station'
            when grouping(squad) = 0 then 'squad'
            else 'all'
        end as dimension,
        coalesce(station_id, squad, '') as member,
        cast(sum(volunteers) as integer) as volunteers
    from serving
    group by grouping sets ((), (station_id), (squad))
),

posts_counted as (
    select
        case when grouping(station_id) = 0 then 'station' else 'all' end as dimension,
        coalesce(station_id, '') as member,
        cast(count(*) as integer) as posts
    from posts
    group by grouping sets ((), (station_id))
)

select
    dimension,
    nullif(member, '') as member,
    coalesce(people_counted.volunteers, 0) as volunteers,
    case when dimension <> 'squad' then coalesce(posts_counted.posts, 0) end as posts
from people_counted
full join posts_counted using (dimension, member)
order by dimension, member
"""


def serving_volunteers(scope: Scope, as_of: datetime, day: date, station: str | None = None) -> pd.DataFrame:
    """Volunteers serving and posts in use on a calendar day.

    One row for all and one per station and squad (``dimension``, ``member``; a squad may be None). Whoever
    joined on the day serves, whoever left on it no longer does. ``posts`` is None for squads. Registers are
    lists, so a station without a row has none; all zero means that no register has been loaded.
    """
    return read(scope, as_of, _SERVING, {"day": day, "station": station})


_DONE = """
with done as (
    select
        station_id,
        squad,
        kind,
        to_char(started_on, 'YYYY-MM') as month,
        participants,
        children,
        accepted,
        hours,
        person_hours
    from marts.fct_volunteer_activities
    where started_at >= :since
        and started_at < :until
        and started_at <= :as_of
        and (cast(:station as text) is null or station_id = :station)
)

select
    case
        when grouping(month) = 0 then 'month'
        when grouping(station_id) = 0 then 'station'
        when grouping(squad) = 0 then 'squad'
        else 'all'
    end as dimension,
    coalesce(month, station_id, squad) as member,
    kind,
    count(*) as activities,
    count(*) filter (where accepted) as accepted,
    count(accepted) as decided,
    coalesce(sum(round(hours::numeric, 4)), 0)::double precision as hours,
    coalesce(sum(round(person_hours::numeric, 4)), 0)::double precision as person_hours,
    coalesce(sum(participants), 0) as participations,
    coalesce(sum(children), 0) as children,
    count(*) filter (where children > 0) as with_children
from done
group by grouping sets ((kind), (kind, month), (kind, station_id), (kind, squad))
order by dimension, member, kind
"""


def volunteer_activities(
    scope: Scope, as_of: datetime, since: datetime, until: datetime, station: str | None = None
) -> pd.DataFrame:
    """What volunteers did in [since, until), as far as it had begun at ``as_of``.

    One row per kind for all, and per kind and month (``2024-03``), station or squad (``dimension``,
    ``member``). ``accepted`` of ``decided``: leads and hazards that somebody has judged. ``participations``
    counts heads once per activity, ``children`` (小义警) likewise. Hours are those with both times. An empty
    frame means that nothing was done, or nothing reported.
    """
    return read(scope, as_of, _DONE, {"since": since, "until": until, "station": station})


_POSTS = """
with serving as (
    select volunteer_post_id, cast(sum(joined - departed) as integer) as volunteers
    from marts.fct_volunteer_changes
    where changed_on <= :day
    group by volunteer_post_id
),

done as (
    select
        volunteer_post_id,
        count(*) as activities,
        count(*) filter (where kind = 'patrol') as patrols,
        count(*) filter (where kind = 'mediation') as mediations,
        count(*) filter (where kind = 'lead') as leads,
        count(*) filter (where kind = 'lead' and accepted) as leads_accepted,
        coalesce(sum(round(person_hours::numeric, 4)), 0)::double precision as person_hours
    from marts.fct_volunteer_activities
    where started_at >= :since
        and started_at < :until
        and started_at <= :as_of
    group by volunteer_post_id
)

select
    posts.volunteer_post_id,
    posts.station_id,
    posts.name_zh,
    posts.opened_on,
    coalesce(serving.volunteers, 0) as volunteers,
    coalesce(done.activities, 0) as activities,
    coalesce(done.patrols, 0) as patrols,
    coalesce(done.mediations, 0) as mediations,
    coalesce(done.leads, 0) as leads,
    coalesce(done.leads_accepted, 0) as leads_accepted,
    coalesce(done.person_hours, 0) as person_hours
from marts.fct_volunteer_posts as posts
left join marts.dim_stations as stations
    on posts.station_id = stations.station_id
left join serving
    on posts.volunteer_post_id = serving.volunteer_post_id
left join done
    on posts.volunteer_post_id = done.volunteer_post_id
where (posts.opened_on <= :day or posts.opened_on is null)
    and (posts.closed_on > :day or posts.closed_on is null)
    and (cast(:station as text) is null or posts.station_id = :station)
order by stations.sort_order nulls last, posts.station_id, posts.volunteer_post_id
"""


def volunteer_posts(
    scope: Scope, as_of: datetime, day: date, since: datetime, until: datetime, station: str | None = None
) -> pd.DataFrame:
    """The volunteer posts (义警服务站) in use on a calendar day, in the stations' fixed order.

    One row per post, with those serving on the day and what went out from it in [since, until). An empty
    frame means that no post is in use.
    """
    params = {"day": day, "since": since, "until": until, "station": station}
    return read(scope, as_of, _POSTS, params)
