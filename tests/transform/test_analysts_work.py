"""What analysts make stands beside the builds: no build waits for it, and none is shown to it half made."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from closedloop.access import Grant
from closedloop.errors import ClosedloopError
from closedloop.transform import schemas
from closedloop.transform.schemas import empty_next, in_one_transaction, rename_pairs
from closedloop.transform.starting import write_starter
from closedloop.warehouse import urls
from closedloop.warehouse.locks import LOAD_AND_BUILD, locked_for_session
from closedloop.warehouse.roles import show_published_to_analysts
from tests.access.logged_in import PASSWORD, Logins, refused
from tests.access.marts import declared
from tests.servers import Warehouse

COUNT = "select count(*) from marts.fct_work_items"


@pytest.fixture
def logins(own_city: Warehouse) -> Iterator[Logins]:
    made = Logins(own_city)
    yield made
    made.remove()


def _swap(house: Warehouse) -> None:
    """As a build publishes: the two that stand there change places."""
    with house.connect(autocommit=True) as conn:

        def swap() -> None:
            rename_pairs(conn)
            show_published_to_analysts(conn, urls(house.settings))

        in_one_transaction(conn, swap, lambda _: None)


def test_an_analyst_sees_the_published_marts_through_every_swap_and_no_others(own_city, logins) -> None:
    login = logins.of(Grant("analyst"))
    with own_city.connect() as owner:
        # A build that is being made, with its policies on.
        owner.execute("create table marts_next.fct_work_items as select * from marts.fct_work_items limit 7")
        owner.execute("alter table marts_next.fct_work_items enable row level security")
        owner.execute(
            "create policy analyst on marts_next.fct_work_items to closedloop_analyst "
            "using ((select '*' = any (access.analyst_stations())))"
        )
    with logins.connection(login) as theirs:
        theirs.execute("create view now_open as select * from marts.fct_work_items where is_open")
        before = theirs.execute(COUNT).fetchone()
        assert before > (7,)
        assert refused(theirs, "select * from marts_next.fct_work_items") is not None
        _swap(own_city)
        assert theirs.execute(COUNT).fetchone() == (7,)
        assert refused(theirs, "select * from marts_next.fct_work_items") is not None
        # A view made before it would show the build before last: it stops instead.
        assert refused(theirs, "select * from now_open") is psycopg.errors.InsufficientPrivilege
        _swap(own_city)
        assert theirs.execute(COUNT).fetchone() == before


def test_an_analysts_view_and_open_transaction_hold_up_no_build(own_city, logins, monkeypatch) -> None:
    monkeypatch.setattr(schemas, "PATIENCE_WITH_ANALYSTS", 2)
    login = logins.of(Grant("analyst"))
    said: list[str] = []
    with logins.connection(login) as theirs, own_city.connect(autocommit=True) as conn:
        theirs.execute("create view now_open as select * from marts.fct_work_items where is_open")
        theirs.execute("create table kept as select * from marts.fct_work_items where is_open")
        theirs.execute("begin; set local statement_timeout = 0; set idle_in_transaction_session_timeout = 0")
        theirs.execute(COUNT)
        with conn.transaction():
            rename_pairs(conn)
        empty_next(conn, urls(own_city.settings), said.append)
        assert any(f"ended the session of {login}" in each for each in said)
        with pytest.raises(psycopg.OperationalError):
            theirs.execute("select 1")
        left = conn.execute(
            "select relname from pg_class where relnamespace = to_regnamespace(%s) and relkind in ('r', 'v')",
            [f"analyst_{login}"],
        ).fetchall()
    assert left == [("kept",)]


def test_an_analyst_who_takes_the_lock_of_loads_and_builds_loses_it(own_city, logins) -> None:
    login = logins.of(Grant("analyst"))
    with logins.connection(login) as theirs, own_city.connect(autocommit=True) as conn:
        theirs.execute("select pg_advisory_lock(%s)", [LOAD_AND_BUILD])
        with locked_for_session(conn), pytest.raises(psycopg.OperationalError):
            theirs.execute("select 1")


def test_the_starter_project_builds_in_the_analysts_own_schema(own_city, logins, tmp_path: Path) -> None:
    """The steps of docs/analyst.md, "With SQL of your own"."""
    login = logins.of(Grant("analyst", stations=("S03",)))
    folder = tmp_path / "mine"
    assert write_starter(folder, own_city.settings) == sorted(declared())
    # Once more brings the list of marts up to date, and touches nothing else.
    (folder / "models" / "open_items.yml").write_text("models: []\n", encoding="utf-8")
    write_starter(folder, own_city.settings)
    assert (folder / "models" / "open_items.yml").read_text(encoding="utf-8") == "models: []\n"
    parts = urls(own_city.settings).parts("reader")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PGHOST": parts["host"],
        "PGDATABASE": parts["dbname"],
        "PGUSER": login,
        "DBT_ENV_SECRET_PASSWORD": PASSWORD,
        "DO_NOT_TRACK": "1",
    }
    ran = subprocess.run(
        [Path(sys.executable).with_name("dbt"), "build"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stdout[-3000:]
    with logins.connection(login) as theirs:
        found = theirs.execute("select distinct station_id from open_items").fetchall()
        assert found == [("S03",)]
        assert theirs.execute("select current_schema").fetchone() == (f"analyst_{login}",)


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path, city: Warehouse) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ClosedloopError, match="is not empty"):
        write_starter(tmp_path, city.settings)
