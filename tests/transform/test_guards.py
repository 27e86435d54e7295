"""What must hold before a build begins, and before its marts are shown."""

from __future__ import annotations

import threading

import pytest

from closedloop.errors import ClosedloopError
from closedloop.transform.builder import BuildFailed, build
from closedloop.transform.guard import GuardError, refuse_blind_builder, refuse_open_marts
from closedloop.transform.schemas import SchemaError, empty_next, rename_pairs
from closedloop.warehouse import urls
from tests.servers import Warehouse
from tests.transform.project_copy import ProjectCopy


def _silent(_: str) -> None:
    pass


def test_a_builder_under_forced_row_security_is_refused(own_city: Warehouse, project: ProjectCopy) -> None:
    with own_city.connect() as conn:
        conn.execute("alter table marts.fct_work_items force row level security")
    with pytest.raises(GuardError, match=r"marts\.fct_work_items has FORCE ROW LEVEL SECURITY"):
        build(project.of(own_city.settings))


def test_a_builder_that_is_not_the_owner_is_refused(own_city: Warehouse) -> None:
    with own_city.connect("reader") as conn, pytest.raises(GuardError, match="must name the owner"):
        refuse_blind_builder(conn)


_OPEN = (
    "create table marts_next.half (station_id text); alter table marts_next.half enable row level security;"
)
_FOR_PAGES = "create policy scope on marts_next.half to closedloop_reader using (true)"


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        ("create table marts_next.bare (station_id text)", "bare .* no row security"),
        (
            "create table marts_next.shut (station_id text); alter table marts_next.shut enable row "
            "level security",
            "shut .* no policy for the page server",
        ),
        (f"{_OPEN} {_FOR_PAGES}", "half .* no policy for analysts"),
        (
            f"{_OPEN} {_FOR_PAGES}; create policy all_of_us on marts_next.half using (true)",
            "half .* policy for everybody",
        ),
        (
            f"{_OPEN} {_FOR_PAGES}; create policy analyst on marts_next.half to closedloop_analyst "
            "using (current_setting('closedloop.stations') = '*')",
            "half .* something else than their grant",
        ),
        ("create view marts_next.window as select 1 as n", "window .* security_invoker"),
        ("create materialized view marts_next.frozen as select 1 as n", "frozen .* make it a table"),
    ],
)
def test_a_mart_that_could_be_read_without_a_scope_is_not_published(
    own_city: Warehouse, made: str, problem: str
) -> None:
    with own_city.connect(autocommit=True) as conn:
        conn.execute(made)
        with pytest.raises(GuardError, match=problem):
            refuse_open_marts(conn, "marts_next", urls(own_city.settings))


def test_the_published_marts_pass_the_guard(city: Warehouse) -> None:
    with city.connect(autocommit=True) as conn:
        refuse_open_marts(conn, "marts", urls(city.settings))


def test_a_view_from_outside_on_what_a_build_drops_is_refused_by_name(own_city: Warehouse) -> None:
    with own_city.connect(autocommit=True) as conn:
        conn.execute("create schema mine")
        conn.execute("create view mine.items as select item_id from marts.fct_work_items")
        with conn.transaction():
            rename_pairs(conn)
        with pytest.raises(SchemaError, match=r"mine\.items refers to marts_next\.fct_work_items"):
            empty_next(conn, urls(own_city.settings), _silent)


def test_a_forgotten_transaction_in_an_old_build_is_waited_for_and_named(own_city: Warehouse) -> None:
    with (
        own_city.connect(autocommit=True) as conn,
        own_city.connect("reader", application="psql of an analyst") as reader,
    ):
        reader.execute("select count(*) from marts.fct_work_items")
        with conn.transaction():
            rename_pairs(conn)
        waiting = threading.Event()
        said: list[str] = []

        def on_wait(text: str) -> None:
            said.append(text)
            waiting.set()

        emptying = threading.Thread(target=empty_next, args=(conn, urls(own_city.settings), on_wait))
        emptying.start()
        assert waiting.wait(30)
        reader.rollback()
        emptying.join(30)
        assert not emptying.is_alive()
        assert "psql of an analyst" in said[0]


def test_reference_data_away_from_the_project_is_refused(
    own_city: Warehouse, project: ProjectCopy, tmp_path
) -> None:
    settings = project.of(own_city.settings).model_copy(update={"reference_dir": tmp_path})
    with pytest.raises(ClosedloopError, match="CLOSEDLOOP_REFERENCE_DIR"):
        build(settings)


@pytest.mark.parametrize(
    ("name", "config", "said"),
    [
        ("int_own", "{{ config(materialized='incremental') }}", "incremental, and reads no part"),
        ("int_own__part", "", "names that end with __part"),
    ],
)
def test_an_own_model_that_could_not_catch_up_is_refused_by_name(
    own_city, project, name: str, config: str, said: str
) -> None:
    path = project.root / "dbt_project" / "models" / "intermediate" / f"{name}.sql"
    query = f"{config}\nselect work_item_id from {{{{ ref('fct_incidents') }}}}"
    with project.with_text(path, query), pytest.raises(BuildFailed, match=rf"{name}\.sql: {said}"):
        build(project.of(own_city.settings))
