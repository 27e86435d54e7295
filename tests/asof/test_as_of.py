"""As of means as of: five past moments of the demo city, replayed item by item, beside its marts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from closedloop.warehouse import Scope, scoped_connection
from tests.asof.compare import compare, own_moments
from tests.asof.marts_at import marts_at
from tests.oracle.loop_oracle import replay
from tests.oracle.raw_rows import Raw, read_raw, work_items
from tests.oracle.reference import Reference
from tests.oracle.stories import local
from tests.servers import Warehouse

REFERENCE = Reference.read()

#: The median of the deadlines that lie before the end of their spell.
A_DUE_MOMENT = text(
    """
    select percentile_disc(0.5) within group (order by due_at)
    from marts.fct_sla_clock
    where phase = 'running' and seg_from < due_at and (seg_to is null or due_at < seg_to)
    """
)

AN_EVENT = text(
    """
    select percentile_disc(0.5) within group (order by occurred_at)
    from marts.fct_item_events
    where counts and move is not null
    """
)

DEFAULT = text("select default_as_of from marts.ops_status")


def _value(statement: object) -> Callable[[Connection], datetime]:
    return lambda connection: connection.execute(statement).scalar_one()


MOMENTS: dict[str, Callable[[Connection], datetime]] = {
    "exactly when something is due": _value(A_DUE_MOMENT),
    "exactly when a move is made": _value(AN_EVENT),
    "when a duty day ends": lambda _: local("2024-10-08 08:00"),
    "in the middle of the Spring Festival": lambda _: local("2025-01-29 00:00"),
    "the default moment": _value(DEFAULT),
}


@pytest.fixture(scope="module")
def raw(city: Warehouse) -> Raw:
    with city.connect("owner") as connection:
        return read_raw(connection)


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
def test_marts_stand_where_the_replay_stands(
    city: Warehouse, raw: Raw, moment: Callable[[Connection], datetime]
) -> None:
    reference = REFERENCE.with_stations(raw.stations)
    with scoped_connection(Scope.city(), city.settings) as connection:
        as_of = moment(connection)
        asked = [(item, as_of) for item in work_items(raw, reference)]
        result = compare(connection, raw, REFERENCE, asked)
    print(as_of, result)
    assert not result.differences, f"{len(result.differences)} differences; {result}\n" + "\n".join(
        result.differences[:10]
    )
    assert result.items > 300
    assert result.targets > 300


def test_they_agree_at_every_moment_at_which_an_item_changes(city: Warehouse, raw: Raw) -> None:
    reference = REFERENCE.with_stations(raw.stations)
    asked = [
        (item, moment)
        for item in work_items(raw, reference)
        for moment in sorted(own_moments(item, reference, timedelta(0)))
    ]
    with scoped_connection(Scope.city(), city.settings) as connection:
        result = compare(connection, raw, REFERENCE, asked)
    print(result)
    assert not result.differences, f"{len(result.differences)} differences; {result}\n" + "\n".join(
        result.differences[:10]
    )


def test_the_moment_on_a_deadline_is_in_time_and_a_second_later_is_not(city: Warehouse) -> None:
    """The moment chosen above is worth its name: at least one target turns overdue right after it."""
    with scoped_connection(Scope.city(), city.settings) as connection:
        due = connection.execute(A_DUE_MOMENT).scalar_one()
        ids = (
            connection.exec_driver_sql("select distinct work_item_id from marts.fct_sla_targets")
            .scalars()
            .all()
        )
        at, after = (marts_at(connection, [(i, m) for i in ids]) for m in (due, due + timedelta(seconds=1)))
    turned = [
        i
        for (i, _), item in at.items()
        if any(t.due == due and t.state in ("running", "unknown") for t in item.targets)
    ]
    assert turned
    for item_id in turned:
        then = after[item_id, due + timedelta(seconds=1)]
        assert [t for t in then.targets if t.breached_at == due and t.state in ("overdue", "unknown", "late")]


def test_what_is_stored_for_the_default_moment_is_what_the_replay_finds(city: Warehouse, raw: Raw) -> None:
    """``fct_work_items`` and ``fct_sla_targets.state`` are the answer at the default moment, written down."""
    with scoped_connection(Scope.city(), city.settings) as connection:
        as_of = connection.execute(DEFAULT).scalar_one()
        items = connection.exec_driver_sql(
            "select work_item_id, station_id, stage, is_open, severity, holder_kind, holder_id, is_returned, "
            "missing_stages from marts.fct_work_items"
        ).all()
        states = connection.exec_driver_sql(
            "select work_item_id, target, spell_no, state from marts.fct_sla_targets"
        ).all()
    oracle = replay(raw, REFERENCE, as_of)
    expected = {
        (
            i.work_item_id, i.station_id, i.stage, i.is_open, i.severity, i.holder_kind, i.holder_id,
            i.is_returned, i.missing_stages,
        )
        for i in oracle.values()
    }  # fmt: skip
    known = {row for row in ((*r[:8], tuple(r[8] or ())) for r in items) if row[0] in oracle}
    assert sorted(known ^ expected, key=str)[:10] == []
    wanted = {(i.work_item_id, t.target, t.spell_no, t.state) for i in oracle.values() for t in i.targets}
    assert sorted({tuple(r) for r in states if r[0] in oracle} ^ wanted, key=str)[:10] == []
