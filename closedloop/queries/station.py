"""One station on one page: what it is, its registers in a few figures, its findings."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from closedloop.queries.reading import read
from closedloop.warehouse.scope import Scope

_FACTS = """
with local as (
    select cast(:as_of at time zone time_zone as date) as today
    from marts.ops_status
),

volunteer_posts as (
    select count(*) as posts, coalesce(sum(volunteers), 0) as volunteers
    from marts.fct_volunteer_posts
    cross join local
    where station_id = :station
        and coalesce(opened_on <= local.today, true)
        and coalesce(closed_on > local.today, true)
)

select
    stations.station_id,
    stations.bureau_id,
    stations.kind,
    stations.member_from,
    stations.member_to,
    volunteer_posts.posts as volunteer_posts,
    volunteer_posts.volunteers
from marts.dim_stations as stations
cross join volunteer_posts
where stations.station_id = :station
"""


def station_facts(scope: Scope, as_of: datetime, station: str) -> pd.DataFrame:
    """What a station is. One row, or none: there is no such station, or it is not the scope's to see.

    ``volunteer_posts`` (义警服务站) are those open at the moment, ``volunteers`` the people on their present
    rolls: a register keeps no past.
    """
    return read(scope, as_of, _FACTS, {"station": station})


_REGISTERS = """
with bounds as (
    select cast(:since as timestamptz) as since, least(:until, :as_of) as until
),

standing as (
    select
        count(*) filter (where disputes.work_item_id is not null) as disputes_open,
        count(*) filter (where disputes.stabilised_at <= :as_of) as disputes_stabilised,
        count(*) filter (where stages.loop = 'diversion') as diversions_open
    from marts.fct_loop_stages as stages
    left join marts.fct_disputes as disputes
        on stages.work_item_id = disputes.work_item_id
    where stages.is_open
        and stages.valid_from <= :as_of
        and (stages.valid_to > :as_of or stages.valid_to is null)
        and stages.station_id = :station
        and stages.loop in ('dispute', 'diversion')
),

disputes as (
    select
        count(*) filter (where found_at >= since and found_at < until) as disputes_found,
        count(*) filter (
            where concluded_at >= since and concluded_at < until
                and coalesce(outcome, 'resolved') = 'resolved'
        ) as disputes_resolved
    from marts.fct_disputes
    cross join bounds
    where station_id = :station
),

diversions as (
    select
        count(*) filter (where sent_at >= since and sent_at < until) as diversions_sent,
        count(*) filter (where accepted_at >= since and accepted_at < until) as diversions_accepted,
        count(*) filter (where fed_back_at >= since and fed_back_at < until) as diversions_fed_back
    from marts.fct_diversions
    cross join bounds
    where station_id = :station
),

activities as (
    select
        count(*) as activities,
        coalesce(sum(participants), 0) as participants,
        coalesce(sum(person_hours), 0) as person_hours
    from marts.fct_volunteer_activities
    cross join bounds
    where station_id = :station
        and started_at >= since
        and started_at < until
)

select
    disputes.disputes_found,
    disputes.disputes_resolved,
    standing.disputes_open,
    standing.disputes_stabilised,
    diversions.diversions_sent,
    diversions.diversions_accepted,
    diversions.diversions_fed_back,
    standing.diversions_open,
    activities.activities,
    activities.participants,
    activities.person_hours
from disputes
cross join diversions
cross join standing
cross join activities
"""


def station_registers(
    scope: Scope, as_of: datetime, station: str, since: datetime, until: datetime
) -> pd.DataFrame:
    """Disputes, diversions and volunteer work of a station in [since, until), as far as known at ``as_of``.

    One row of counts; ``person_hours`` in hours. ``…_open`` stand open at the moment, ``disputes_stabilised``
    are those of them under 稳控, which is not resolved. What the station did not report is missing from every
    count: read it beside the coverage.
    """
    return read(scope, as_of, _REGISTERS, {"station": station, "since": since, "until": until})


_FINDINGS = """
select
    findings.rule_id,
    rules.name_zh,
    rules.name_en,
    rules.mend_zh,
    rules.mend_en,
    count(*) as findings,
    count(*) filter (where findings.found_at > :as_of - interval '7 days') as of_last_week,
    min(findings.found_at) as oldest_at
from marts.fct_findings as findings
inner join marts.dim_finding_rules as rules
    on findings.rule_id = rules.rule_id
where findings.station_id = :station
    and findings.found_at <= :as_of
    and (findings.mended_at > :as_of or findings.mended_at is null)
    and rules.kind <> 'review'
group by
    findings.rule_id, rules.name_zh, rules.name_en, rules.mend_zh, rules.mend_en, rules.sort_order
order by rules.sort_order, findings.rule_id
"""


def open_findings_by_rule(scope: Scope, as_of: datetime, station: str) -> pd.DataFrame:
    """Findings of a station that stood unmended at the moment, by rule; without what is only to be looked at.

    One row per rule with findings, in the rules' order; ``of_last_week`` were found in the last 7 days. An
    empty frame means that nothing waits to be mended.
    """
    return read(scope, as_of, _FINDINGS, {"station": station})
