"""Stations beside one another over one period: what each share is made of, never a place in a table."""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd

from closedloop.queries.reading import read
from closedloop.warehouse.scope import Scope

_FIGURES = """
select
    stations.station_id,
    sum(figures.numerator) as numerator,
    sum(figures.denominator) as denominator,
    count(figures.metric_date) as days,
    greatest(cast(:first_day as date), stations.member_from) as due_from,
    least(cast(:last_day as date), stations.member_to - 1) as due_to
from marts.dim_stations as stations
left join marts.fct_metric_daily as figures
    on stations.station_id = figures.station_id
    and figures.metric_id = :metric
    and figures.dimension = ''
    and figures.metric_date between :first_day and :last_day
where stations.station_id <> 'UNASSIGNED'
group by stations.station_id, stations.sort_order, stations.member_from, stations.member_to
order by stations.sort_order, stations.station_id
"""


def period_figures(
    scope: Scope, as_of: datetime, metric: str, first_day: date, last_day: date
) -> pd.DataFrame:
    """A share metric's numerator and denominator per station over [first_day, last_day].

    One row per station in scope, in the bureau's fixed order; ``days`` is how many days it reported,
    ``due_from`` and ``due_to`` the days on which it was a station. ``numerator`` and ``denominator`` are None
    where it reported nothing. Of a cohort, the caller ends ``last_day`` at the last mature day. What belongs
    to no station is left out.
    """
    params = {"metric": metric, "first_day": first_day, "last_day": last_day}
    return read(scope, as_of, _FIGURES, params)


_CITY = """
select
    sum(numerator) as numerator,
    sum(denominator) as denominator,
    count(*) as days
from marts.city_metric_daily
where metric_id = :metric
    and metric_date between :first_day and :last_day
"""


def city_figures(scope: Scope, as_of: datetime, metric: str, first_day: date, last_day: date) -> pd.DataFrame:
    """The whole city's numerator and denominator over the published days of [first_day, last_day].

    One row; ``days`` is how many days were published, which is those that enough stations reported and enough
    cases make up. With 0 days the sums are None. The same for every scope.
    """
    return read(scope, as_of, _CITY, {"metric": metric, "first_day": first_day, "last_day": last_day})
