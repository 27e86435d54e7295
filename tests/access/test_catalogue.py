"""Every relation of the marts is under the policy its YAML names; one that forgets is found."""

from __future__ import annotations

import pytest

from closedloop import warehouse as product
from tests.access.marts import declared, relations


def test_every_relation_is_declared_and_under_its_policy(city):
    scopes = declared()
    with city.connect("owner") as connection:
        found = relations(connection)
    assert len(found) > 30
    assert {r.name: fault for r in found if (fault := r.fault(scopes.get(r.name)))} == {}
    assert {r.name for r in found} == set(scopes)


_TABLE = "create table marts.forgot (station_id text); alter table marts.forgot enable row level security;"
_CITY = "using (current_setting('closedloop.stations') = '*')"
_READER, _ANALYST = "to closedloop_reader", "to closedloop_analyst"
_OURS = (
    f"create policy a on marts.forgot for select {_READER} using (station_id = any (string_to_array("
    "current_setting('closedloop.stations'), ',')))"
)
_THEIRS = (
    f"create policy b on marts.forgot for select {_ANALYST} using "
    "(station_id = any ((select access.analyst_stations())::text[]))"
)


@pytest.mark.parametrize(
    ("made", "fault"),
    [
        ("create table marts.forgot as select 'S01'::text as station_id", "no row security"),
        ("create view marts.forgot as select * from marts.fct_work_items", "without security_invoker"),
        ("create materialized view marts.forgot as select 1 as a", "does not reach kind m"),
        (_TABLE, "policies"),
        (f"{_TABLE} {_OURS}", "policies"),
        (f"{_TABLE} {_OURS}; create policy b on marts.forgot for select using (true)", "policies"),
        (f"{_TABLE} {_OURS}; {_THEIRS.replace('for select', 'for all')}", "policies"),
        (f"{_TABLE} {_OURS}; {_THEIRS}; create policy c on marts.forgot for select using (true)", "policies"),
        (
            f"{_TABLE} create policy a on marts.forgot for select {_READER} {_CITY}; {_THEIRS}",
            "does not say station to closedloop_reader",
        ),
        (
            f"{_TABLE} {_OURS}; create policy b on marts.forgot for select {_ANALYST} using (true)",
            "does not say station to closedloop_analyst",
        ),
        (
            f"{_TABLE} {_OURS}; {_THEIRS[:-1]} or current_setting('closedloop.stations') = '*')",
            "a person with SQL could set",
        ),
    ],
)
def test_a_relation_that_forgot_is_found(made, fault, broken):
    with broken.connect("owner") as connection:
        connection.execute(made)
        found = {relation.name: relation for relation in relations(connection)}
        assert fault in found["forgot"].fault("station")
        connection.rollback()


@pytest.fixture(scope="module")
def broken(city, make_warehouse):
    made = make_warehouse(of=city)
    yield made
    product.dispose_engines()
