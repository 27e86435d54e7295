"""Without a scope no row; with one, its rows and no others; and the scope ends with the question."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy.exc
from sqlalchemy import Connection

from closedloop import warehouse as product
from closedloop.warehouse import Scope, ScopeError
from tests.servers import Warehouse

POLICY = """
create table marts.items (item_id integer, station_id text);
insert into marts.items values (1, 'S01'), (2, 'S02'), (3, 'S03'), (4, 'UNASSIGNED'), (5, null);
alter table marts.items enable row level security;
create policy readers on marts.items for select to public using (
    (select nullif(current_setting('closedloop.stations', true), '')) = '*'
    or station_id = any (
        string_to_array((select nullif(current_setting('closedloop.stations', true), '')), ',')
    )
);
"""


@pytest.fixture
def items(warehouse: Warehouse) -> Iterator[Warehouse]:
    with warehouse.connect("owner") as connection:
        connection.execute(POLICY)
    yield warehouse
    product.dispose_engines()


def _seen(connection: Connection) -> list[int]:
    return [row[0] for row in connection.exec_driver_sql("select item_id from marts.items order by item_id")]


def _seen_in(scope: Scope) -> list[int]:
    with product.scoped_connection(scope) as connection:
        return _seen(connection)


def _pid(connection: Connection) -> int:
    return connection.exec_driver_sql("select pg_backend_pid()").scalar_one()


def _seen_without(came_back: int | None = None) -> list[int]:
    """What the pool's next connection sees, which is the one that ``came_back``."""
    with product.reader_engine().connect() as connection:
        if came_back is not None:
            assert _pid(connection) == came_back, "the pool gave another connection, so this proved nothing"
        return _seen(connection)


def test_without_a_scope_no_row(items: Warehouse) -> None:
    assert _seen_without() == []
    with items.connect("reader") as connection:
        assert connection.execute("select count(*) from marts.items").fetchone() == (0,)
        assert connection.execute("select count(*) from status.builds").fetchone() == (0,)
        assert connection.execute("select count(*) from status.loads").fetchone() == (0,)


def test_a_scope_shows_its_stations_and_no_others(items: Warehouse) -> None:
    assert _seen_in(Scope.of_stations(["S01"])) == [1]
    assert _seen_in(Scope.of_stations(["S03", "S01"])) == [1, 3]
    assert _seen_in(Scope.of_stations(["S0"])) == []
    assert _seen_in(Scope.of_stations(["s01"])) == []


def test_the_city_sees_what_belongs_to_no_station(items: Warehouse) -> None:
    assert _seen_in(Scope.city()) == [1, 2, 3, 4, 5]


def test_any_scope_may_know_of_loads_and_builds(items: Warehouse) -> None:
    with items.connect("owner") as connection:
        connection.execute("insert into ops.builds (status, message) values ('failed', 'at a test')")
    with product.scoped_connection(Scope.of_stations(["S01"])) as connection:
        assert connection.exec_driver_sql("select batches from status.loads").all() == [(0,)]
        assert connection.exec_driver_sql("select status, message from status.builds").all() == [
            ("failed", "at a test")
        ]


def test_scopes_follow_each_other_on_one_pooled_connection(items: Warehouse) -> None:
    pids = set()
    for scope, expected in [
        (Scope.city(), [1, 2, 3, 4, 5]),
        (Scope.of_stations(["S02"]), [2]),
        (Scope.of_stations(["S01"]), [1]),
    ]:
        with product.scoped_connection(scope) as connection:
            pids.add(_pid(connection))
            assert _seen(connection) == expected
    assert len(pids) == 1, "the pool gave different connections, so this proved nothing"
    assert _seen_without(pids.pop()) == []


def test_a_connection_comes_back_without_scope_after_an_error(items: Warehouse) -> None:
    with (
        pytest.raises(sqlalchemy.exc.ProgrammingError),
        product.scoped_connection(Scope.city()) as connection,
    ):
        pid = _pid(connection)
        connection.exec_driver_sql("select * from marts.no_such_table")
    assert _seen_without(pid) == []
    with pytest.raises(ZeroDivisionError), product.scoped_connection(Scope.city()):
        raise ZeroDivisionError
    assert _seen_without(pid) == []


def test_a_connection_comes_back_without_scope_after_a_cancel(items: Warehouse) -> None:
    with (
        pytest.raises(sqlalchemy.exc.OperationalError, match="canceling statement"),
        product.scoped_connection(Scope.city()) as connection,
    ):
        pid = _pid(connection)
        connection.exec_driver_sql("set local statement_timeout = '50ms'")
        connection.exec_driver_sql("select pg_sleep(30)")
    assert _seen_without(pid) == []


def test_a_connection_comes_back_without_scope_when_the_page_is_abandoned(items: Warehouse) -> None:
    def page() -> Iterator[list[int]]:
        with product.scoped_connection(Scope.city()) as connection:
            yield _seen(connection)
            yield _seen(connection)

    abandoned = page()
    assert next(abandoned) == [1, 2, 3, 4, 5]
    abandoned.close()
    assert _seen_without() == []

    with pytest.raises(KeyboardInterrupt), product.scoped_connection(Scope.city()) as connection:
        pid = _pid(connection)
        raise KeyboardInterrupt
    assert _seen_without(pid) == []


def test_a_connection_that_was_lost_does_not_come_back_with_its_scope(items: Warehouse) -> None:
    with (
        pytest.raises(sqlalchemy.exc.OperationalError),
        product.scoped_connection(Scope.city()) as connection,
    ):
        pid = connection.exec_driver_sql("select pg_backend_pid()").scalar()
        with items.server.admin() as admin:
            admin.execute("select pg_terminate_backend(%s)", [pid])
        _seen(connection)
    assert _seen_without() == []
    assert _seen_in(Scope.of_stations(["S01"])) == [1]


def test_a_block_that_commits_goes_on_without_scope(items: Warehouse) -> None:
    with product.scoped_connection(Scope.city()) as connection:
        connection.commit()
        assert _seen(connection) == []
        connection.rollback()
        assert _seen(connection) == []


def test_a_setting_of_the_session_does_not_outlive_the_block(items: Warehouse) -> None:
    with product.scoped_connection(Scope.of_stations(["S01"])) as connection:
        connection.exec_driver_sql("set closedloop.stations = '*'")
    assert _seen_without() == []


def test_a_scoped_connection_writes_nothing(items: Warehouse) -> None:
    for statement in (
        "insert into marts.items values (6, 'S01')",
        "delete from marts.items",
        "truncate marts.items",
        "create table marts.mine (a int)",
        "create temporary table mine (a int)",
        "create table public.mine (a int)",
        "alter table marts.items disable row level security",
    ):
        with (
            pytest.raises(sqlalchemy.exc.DBAPIError, match=r"permission denied|must be owner|read-only"),
            product.scoped_connection(Scope.city()) as connection,
        ):
            connection.exec_driver_sql(statement)
        with items.connect("reader") as raw:
            raw.execute("set session characteristics as transaction read write")
            raw.execute("set default_transaction_read_only = off")
            raw.commit()
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                raw.execute(statement)


def test_the_scope_is_a_literal_of_the_transaction() -> None:
    scope = Scope.of_stations(["S02", "S01"], role="station")
    assert product.scope_statements(scope) == (
        "set local closedloop.stations = 'S01,S02'",
        "set local closedloop.role = 'station'",
    )
    assert product.scope_statements(Scope.city())[0] == "set local closedloop.stations = '*'"


HOSTILE = (
    *(
        "*",
        "S01,S02",
        "S01'",
        'S01"',
        "S01;",
        "S01\\",
        "S01\n",
        "S01\x00",
        "",
        " ",
        " S01",
        "S01 ",
        "%s",
        "{S01}",
    ),
    *("S01'; set local closedloop.stations = '*", "$1", "a" * 65, "UNASSIGNED", "--", "E'\\x2a'", None, 7),
)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_station_id_is_refused(hostile: str) -> None:
    with pytest.raises(ScopeError):
        Scope.of_stations([hostile])
    with pytest.raises(ScopeError):
        Scope.of_stations(["S01", hostile])


@pytest.mark.parametrize(
    "fair",
    ["S01", "8D", "313A", "城关派出所", "ST-01/2", "a b", "Station (north)", "x" * 64],
)
def test_a_fair_station_id_sees_its_own_rows(items: Warehouse, fair: str) -> None:
    with items.connect("owner") as connection:
        connection.execute("insert into marts.items values (9, %s)", [fair])
    expected = [1, 9] if fair == "S01" else [9]
    assert _seen_in(Scope.of_stations([fair])) == expected


@pytest.mark.parametrize("role", ["", "Leader", "x'", "a b", "*", None, "a" * 40])
def test_a_hostile_role_is_refused(role: str) -> None:
    with pytest.raises(ScopeError):
        Scope.city(role=role)


def test_a_scope_without_stations_is_none() -> None:
    with pytest.raises(ScopeError):
        Scope.of_stations([])
    with pytest.raises(ScopeError):
        Scope.of_stations("S01")
    with pytest.raises(ScopeError):
        Scope({"S01"}, "station")  # type: ignore[arg-type]


def test_a_scope_is_a_key_and_cannot_be_changed() -> None:
    assert len({Scope.of_stations(["S01", "S02"]), Scope.of_stations(["S02", "S01"]), Scope.city()}) == 2
    with contextlib.suppress(AttributeError):
        Scope.city().stations = frozenset({"S01"})  # type: ignore[misc]
        pytest.fail("a scope was changed")


def test_only_a_scope_opens_a_connection(warehouse: Warehouse) -> None:
    for other in (None, "*", frozenset({"S01"})):
        with pytest.raises(TypeError), product.scoped_connection(other):  # type: ignore[arg-type]
            pass
