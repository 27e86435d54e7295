"""What becomes of tables that a vacuum cannot note at once, because somebody else is there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from closedloop.transform import visibility
from closedloop.transform.visibility import Noted, note_visible_rows
from tests.servers import Warehouse

Connection = psycopg.Connection[Any]

LARGE = "create table marts.large as select n, repeat('x', 100) as x from generate_series(1, 20000) as n"
NOTED = "select relallvisible = relpages from pg_class where oid = 'marts.large'::regclass"
VACUUMED = "select vacuum_count > 0 from pg_stat_user_tables where relid = 'marts.large'::regclass"
WAITED_FOR = "select exists (select from pg_locks where relation = 'marts.large'::regclass and not granted)"


@pytest.fixture
def owner(warehouse: Warehouse) -> Iterator[Connection]:
    with warehouse.connect("owner", autocommit=True) as connection:
        yield connection


@pytest.fixture
def other(warehouse: Warehouse) -> Iterator[Connection]:
    """Somebody else's connection, in a transaction that sees what there was when it began."""
    with warehouse.connect("owner") as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        yield connection


def _make_large(owner: Connection) -> None:
    owner.execute(LARGE)
    owner.execute("analyze marts.large")


def _noted_while(warehouse: Warehouse, watcher: Connection, is_so: str, then: Callable[[], None]) -> Noted:
    """What was noted by who had to go on after ``is_so`` became true and ``then`` was done."""

    def note() -> Noted:
        with warehouse.connect("owner", autocommit=True) as connection:
            return note_visible_rows(connection)

    with ThreadPoolExecutor(1) as pool:
        noting = pool.submit(note)
        while not watcher.execute(is_so).fetchone()[0]:
            assert not noting.done(), noting.result()
            time.sleep(0.005)
        then()
        return noting.result()


def test_what_an_older_transaction_kept_from_being_noted_is_noted_when_it_ends(
    warehouse: Warehouse, owner: Connection, other: Connection
) -> None:
    other.execute("select count(*) from pg_class")
    _make_large(owner)
    assert _noted_while(warehouse, owner, VACUUMED, other.rollback) == Noted(["large"], [], None)
    assert owner.execute(NOTED).fetchone() == (True,)


def test_a_table_that_somebody_has_is_waited_for(
    warehouse: Warehouse, owner: Connection, other: Connection
) -> None:
    _make_large(owner)
    other.execute("lock table marts.large in share update exclusive mode")
    assert _noted_while(warehouse, owner, WAITED_FOR, other.rollback) == Noted(["large"], [], None)
    assert owner.execute(NOTED).fetchone() == (True,)


def test_who_reads_on_is_named(owner: Connection, other: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visibility, "PAUSES", (0.0, 0.0))
    other.execute("set application_name = 'somebody reading'")
    other.execute("select count(*) from pg_class")
    _make_large(owner)
    noted = note_visible_rows(owner)
    assert (noted.tables, noted.left) == (["large"], ["large"])
    assert noted.oldest is not None and noted.oldest.startswith("somebody reading (pid ")
    other.rollback()
    assert note_visible_rows(owner) == Noted(["large"], [], None)
    assert note_visible_rows(owner) == Noted([], [], None)


def test_who_wrote_and_went_away_is_named_and_not_who_reads_beside(
    warehouse: Warehouse, owner: Connection, other: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visibility, "PAUSES", (0.0,))
    owner.execute("create table ops.written (n integer)")
    with warehouse.connect("owner") as writer:
        writer.execute("set application_name = 'somebody writing'")
        writer.execute("insert into ops.written values (1)")
        other.execute("select count(*) from pg_class")
        _make_large(owner)
        oldest = note_visible_rows(owner).oldest
    assert oldest is not None and oldest.startswith("somebody writing (pid ") and "idle" in oldest


def test_a_table_that_somebody_keeps_is_left(
    owner: Connection, other: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visibility, "PAUSES", (0.0,))
    monkeypatch.setattr(visibility, "LONGER_LOCK_TIMEOUT", "50ms")
    _make_large(owner)
    other.execute("lock table marts.large in share update exclusive mode")
    assert note_visible_rows(owner).left == ["large"]
    assert owner.execute("show lock_timeout").fetchone() != ("50ms",)
