"""No figure of a past day knows the future: raw is cut off and built again; metrics and findings agree."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import text

from closedloop.queries import closing, deadlines, disputes, diversions, volunteers
from closedloop.queries.reading import rows
from closedloop.queries.standing import OpenFilter
from closedloop.transform.builder import build
from closedloop.warehouse import Scope, scoped_connection
from tests.asof.truncate import truncate
from tests.cities import rebuilt
from tests.oracle.stories import SHANGHAI, local
from tests.servers import Warehouse

#: In the middle of a working day, and of the first wave of corrections; the last whole day is the one before.
CUT = local("2024-12-17 14:37:00")

DAILY = text(
    """
    select d.metric_id, d.station_id, d.metric_date, d.dimension, d.member, d.numerator, d.denominator
    from marts.fct_metric_daily as d
    join marts.dim_metrics as m on m.metric_id = d.metric_id
    where d.metric_date + coalesce(m.maturity_days, 0) <= :last_day
    """
)
VALUES = text(
    """
    select metric_id, station_id, metric_date, work_item_id, value
    from marts.fct_metric_values
    where metric_date <= :last_day
    """
)
#: As they stood at the moment: what was mended later was still open.
FINDINGS = text(
    """
    select rule_id, station_id, work_item_id, subject_key, found_at,
        case when mended_at <= :moment then mended_at end as mended_at
    from marts.fct_findings
    where found_at <= :moment
    """
)


@pytest.fixture(scope="module")
def cut_city(city: Warehouse) -> Iterator[Warehouse]:
    """The city as it was at CUT, built anew."""
    with rebuilt(city) as made:
        with made.connect("owner") as connection:
            removed = truncate(connection, CUT)
        assert all(
            removed[kind] for kind in ("events", "items", "stage times", "coverage", "incidents.final_type")
        )
        print(removed)
        build(made.settings)
        yield made


def _last_whole_day(moment: datetime) -> date:
    return moment.astimezone(SHANGHAI).date() - timedelta(days=1)


def _rows(warehouse: Warehouse, statement: object) -> set[tuple]:
    with scoped_connection(Scope.city(), warehouse.settings) as connection:
        rows = connection.execute(statement, {"last_day": _last_whole_day(CUT), "moment": CUT}).all()
    found = {tuple(row) for row in rows}
    assert len(found) == len(rows)
    return found


@pytest.mark.parametrize(
    "statement",
    [DAILY, VALUES, FINDINGS],
    ids=["fct_metric_daily", "fct_metric_values", "fct_findings"],
)
def test_cutting_off_the_future_changes_no_figure_of_the_past(
    city: Warehouse, cut_city: Warehouse, statement: object
) -> None:
    whole, cut = _rows(city, statement), _rows(cut_city, statement)
    print(f"{len(whole)} rows compared")
    assert len(whole) > 250
    differing = sorted(whole ^ cut, key=str)
    told = "\n".join(f"{'only whole' if row in whole else 'only cut  '} {row}" for row in differing[:20])
    kinds = sorted({row[0] for row in differing})
    assert not differing, f"{len(differing)} of {len(whole)} rows differ, of {kinds}\n{told}"


REGISTERS = {
    "found_disputes": disputes.found_disputes,
    "after_resolution": disputes.after_resolution,
    "sent_diversions": diversions.sent_diversions,
    "volunteer_activities": volunteers.volunteer_activities,
    "closing_times": lambda scope, as_of, since, until: closing.closing_times(
        scope, as_of, closing.Cohort(since, until)
    ),
    "deadlines_ahead": lambda scope, as_of, since, until: deadlines.deadlines_ahead(
        scope, as_of, OpenFilter()
    ),
    "deadlines_before": lambda scope, as_of, since, until: deadlines.deadlines_before(scope, as_of, since),
}


@pytest.mark.parametrize("question", REGISTERS)
def test_what_a_register_says_of_the_past_knows_no_future(
    city: Warehouse, cut_city: Warehouse, question: str
) -> None:
    told = []
    for warehouse in (city, cut_city):
        with warehouse.in_environment():
            frame = REGISTERS[question](
                Scope.city(), CUT, local("2023-05-01 00:00"), local("2025-04-01 00:00")
            )
            told.append(sorted((str(row) for row in rows(frame)), key=str))
    assert len(told[0]) > 1
    assert told[0] == told[1]


def test_every_metric_has_a_past_to_compare(city: Warehouse) -> None:
    with scoped_connection(Scope.city(), city.settings) as connection:
        known = set(connection.exec_driver_sql("select metric_id from marts.dim_metrics").scalars())
    assert {row[0] for s in (DAILY, VALUES) for row in _rows(city, s)} == known


WARNINGS = text(
    """
    select warning_id, rule_version, observed, callers, expected, p, q, tests
    from marts.fct_warnings
    where judged_on <= :last_day
    """
)


def test_cutting_off_the_future_takes_back_no_warning(city: Warehouse, cut_city: Warehouse) -> None:
    whole, cut = _rows(city, WARNINGS), _rows(cut_city, WARNINGS)
    assert whole == cut
    assert whole
