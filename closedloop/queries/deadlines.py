"""Deadlines that lie ahead, and how such deadlines went before."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from closedloop.queries.reading import read
from closedloop.queries.standing import LISTED, STANDING, OpenFilter
from closedloop.warehouse.scope import Scope

_AHEAD = f"""{STANDING},
{LISTED}
select
    chosen.work_item_id,
    clocks.spell_id,
    chosen.loop,
    chosen.item_id,
    coalesce(chosen.source_no, chosen.item_id) as item_no,
    chosen.title,
    chosen.station_id,
    chosen.severity,
    chosen.stage,
    chosen.holder_kind,
    chosen.holder_id,
    clocks.judgement,
    clocks.target,
    clocks.unit,
    clocks.due_at,
    cast(null as timestamptz) as overdue_since,
    chosen.opened_at,
    chosen.is_returned,
    chosen.missing_stages,
    cast(null as double precision) as overdue_minutes,
    extract(epoch from clocks.due_at - :as_of) / 60 as minutes_left,
    extract(epoch from chosen.age) / 86400 as age_days,
    spells.severity as severity_at_start,
    cast(
        extract(epoch from :as_of - clocks.started_at)
        / extract(epoch from spells.base_due_at - spells.started_at) as double precision
    ) as elapsed,
    cast(
        extract(epoch from clocks.due_at - clocks.started_at)
        / extract(epoch from spells.base_due_at - spells.started_at) as double precision
    ) as due_share
from chosen
inner join judged_clocks as clocks
    on chosen.work_item_id = clocks.work_item_id
inner join marts.fct_sla_targets as spells
    on clocks.spell_id = spells.spell_id
where clocks.state = 'running'
    and spells.base_due_at > spells.started_at
order by clocks.due_at, chosen.work_item_id, clocks.target
"""


def deadlines_ahead(scope: Scope, as_of: datetime, wanted: OpenFilter) -> pd.DataFrame:
    """Every confirmed deadline that lies ahead of an open item, the soonest first.

    One row per running clock; columns of ``standing.open_items`` that speak of that clock, and
    ``severity_at_start`` (the colour in force when the clock began, None without one), ``elapsed`` (the
    clock's age, 1 = its limit at the start) and ``due_share`` (the deadline in force, likewise: above 1 once
    extended). ``wanted.judgements`` is not applied. An empty frame means that no item which passes the filter
    has a deadline ahead.
    """
    return read(scope, as_of, _AHEAD, wanted.params())


_BEFORE = """
with watched as (
    select
        targets.loop,
        targets.target,
        targets.severity,
        targets.started_at,
        targets.base_due_at,
        targets.ended_at,
        targets.end_kind,
        least(:as_of, known.known_until) as watched_until
    from marts.fct_sla_targets as targets
    left join marts.ops_coverage as known
        on targets.station_id = known.station_id
        and targets.source_table = known.source_table
    where targets.started_at >= :since
        and targets.started_at < :as_of
        and targets.is_confirmed
        and targets.base_due_at > targets.started_at
),

timed as (
    select
        loop,
        target,
        severity,
        ended_at <= watched_until and end_kind <> 'cancel' as ended,
        extract(epoch from least(ended_at, watched_until) - started_at)
        / extract(epoch from base_due_at - started_at) as elapsed
    from watched
    where started_at <= watched_until
)

select
    loop,
    target,
    severity,
    coalesce(ended, false) as ended,
    -- Rounded up, so that what ended at its very deadline stands at 1, and a second later beyond it.
    cast(ceil(elapsed * 1000) / 1000 as double precision) as elapsed,
    count(*) as items
from timed
group by loop, target, severity, coalesce(ended, false), ceil(elapsed * 1000)
"""


def deadlines_before(scope: Scope, as_of: datetime, since: datetime) -> pd.DataFrame:
    """How the confirmed clocks that began in [since, as_of) went, as far as it was known at ``as_of``.

    Clocks counted, one row per loop × target × colour in force at the start × ``ended`` × ``elapsed``: time
    to the stage that stopped the clock, or until it was last seen running, cancelled or handed on
    (``ended`` false), in thousandths of its limit, rounded up. An empty frame means that none began, or
    none is confirmed.
    """
    return read(scope, as_of, _BEFORE, {"since": since})
