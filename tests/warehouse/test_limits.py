"""No role waits for ever, keeps others waiting for ever, or takes every connection there is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg import sql

from closedloop import warehouse as product
from closedloop.warehouse import connections
from tests.servers import Warehouse

LIMITS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


@pytest.mark.parametrize(
    ("role", "expected"),
    [("reader", ("1min", "5s", "1min")), ("loader", ("0", "0", "15min")), ("owner", ("0", "0", "15min"))],
)
def test_every_role_has_its_limits_on_whatever_server(warehouse: Warehouse, role, expected) -> None:
    with warehouse.connect(role) as connection:
        assert tuple(connection.execute(f"show {name}").fetchone()[0] for name in LIMITS) == expected


def test_a_page_gives_up_waiting_for_a_lock_and_an_idle_transaction_ends(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "_PATIENCE_OF_A_PAGE", "100ms")
    impatient = warehouse.settings.model_copy(update={"statement_timeout": 1})
    with warehouse.connect("owner") as owner:
        owner.execute("create table marts.one as select 1 as a")
        owner.commit()
        owner.execute("lock table marts.one in access exclusive mode")
        with product.connect("reader", impatient) as page:
            with pytest.raises(psycopg.errors.LockNotAvailable):
                page.execute("select * from marts.one")
            page.rollback()
            page.execute("select 1")
            with pytest.raises(psycopg.OperationalError, match="closed the connection"):
                list(page.notifies(timeout=30))


def test_a_role_without_a_limit_of_connections_is_named(warehouse: Warehouse) -> None:
    addresses = product.urls(warehouse.settings)
    names = sorted(addresses.user(role) for role in product.ROLES)
    with warehouse.server.admin() as admin:
        limited = dict(
            admin.execute(
                "select rolname, rolconnlimit from pg_roles where rolname = any (%s)", [names]
            ).fetchall()
        )
        if warehouse.settings.embedded:
            assert all(8 <= limit < 100 for limit in limited.values())
        for name in names:
            admin.execute(sql.SQL("alter role {} connection limit -1").format(sql.Identifier(name)))
        try:
            assert [sentence.split()[0] for sentence in product.advice(warehouse.settings)] == names
            for name in names:
                admin.execute(sql.SQL("alter role {} connection limit 50").format(sql.Identifier(name)))
            assert product.advice(warehouse.settings) == []
        finally:
            for name, limit in limited.items():
                admin.execute(
                    sql.SQL("alter role {} connection limit {}").format(
                        sql.Identifier(name), sql.Literal(limit)
                    )
                )


def test_a_page_server_keeps_no_more_connections_than_it_is_told(warehouse: Warehouse) -> None:
    small = warehouse.settings.model_copy(update={"pool_size": 1, "pool_overflow": 1})

    def ask(_number: int) -> None:
        with product.scoped_connection(product.Scope.nowhere("operator"), small) as connection:
            connection.exec_driver_sql("select pg_sleep(0.1)")

    with ThreadPoolExecutor(6) as pool, warehouse.connect("owner") as owner:
        asked = [pool.submit(ask, number) for number in range(6)]
        seen = []
        while not all(each.done() for each in asked):
            seen.append(
                owner.execute(
                    "select count(*) from pg_stat_activity "
                    "where application_name = 'closedloop pages' and datname = current_database()"
                ).fetchone()[0]
            )
            owner.rollback()
        assert [each.exception() for each in asked] == [None] * 6
    product.dispose_engines()
    assert max(seen) == 2
