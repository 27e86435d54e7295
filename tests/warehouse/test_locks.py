"""A load and a build never overlap, whoever waits is told for whom, and a dead holder holds nothing."""

from __future__ import annotations

import threading

import pytest

from closedloop.warehouse import locks
from tests.servers import Warehouse


def test_a_load_waits_for_a_build_and_says_so(warehouse: Warehouse) -> None:
    told = []
    done = threading.Event()
    waiting = threading.Event()

    def load() -> None:
        def say(text: str) -> None:
            told.append(text)
            waiting.set()

        with warehouse.connect("loader") as connection:
            locks.lock_for_transaction(connection, waiting=say)
            done.set()

    with warehouse.connect("owner", autocommit=True, application="closedloop build 7") as builder:
        with locks.locked_for_session(builder):
            loader = threading.Thread(target=load)
            loader.start()
            assert waiting.wait(30)
            assert not done.is_set()
        assert done.wait(30)
    loader.join()
    assert told == ["waiting for closedloop build 7 to finish"]


def test_a_build_keeps_the_lock_over_its_transactions_and_gives_it_back(warehouse: Warehouse) -> None:
    with (
        warehouse.connect("owner", autocommit=True, application="closedloop build") as builder,
        warehouse.connect("loader") as other,
    ):
        with locks.locked_for_session(builder):
            with builder.transaction():
                builder.execute("select 1")
            assert locks.holder(other) == "closedloop build"
        assert locks.holder(other) is None


def test_the_lock_of_a_load_ends_with_its_transaction(warehouse: Warehouse) -> None:
    with (
        warehouse.connect("loader", application="closedloop load") as loader,
        warehouse.connect("owner") as other,
    ):
        locks.lock_for_transaction(loader)
        assert locks.holder(other) == "closedloop load"
        loader.rollback()
        assert locks.holder(other) is None


def test_a_build_that_dies_holds_nothing(warehouse: Warehouse) -> None:
    with warehouse.connect("loader") as other:
        builder = warehouse.connect("owner", autocommit=True)
        with pytest.raises(ConnectionError), locks.locked_for_session(builder):
            builder.close()
            raise ConnectionError
        told: list[str] = []
        locks.lock_for_transaction(other, waiting=told.append)


def test_a_lock_over_transactions_is_refused_inside_one(warehouse: Warehouse) -> None:
    with (
        warehouse.connect("owner") as connection,
        pytest.raises(ValueError, match="autocommit"),
        locks.locked_for_session(connection),
    ):
        pass


def test_two_warehouses_on_one_server_do_not_wait_for_each_other(warehouse: Warehouse) -> None:
    neighbour = warehouse.server.fresh()
    try:
        with neighbour.connect("loader") as theirs, warehouse.connect("loader") as ours:
            locks.lock_for_transaction(theirs)
            assert locks.holder(ours) is None
            told: list[str] = []
            locks.lock_for_transaction(ours, waiting=told.append)
            assert told == []
    finally:
        warehouse.server.drop(neighbour)
