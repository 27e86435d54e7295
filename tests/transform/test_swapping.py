"""What a second build publishes, and what a reader sees while it does.

One second build serves every test of this module, and runs dbt's own unit tests. Between the two builds a
file was loaded, a seed was changed, a column was added to a mart and a warning was planted; two readers were
there all the time; and a build that had begun first was killed while the second waited for it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from closedloop import intake
from closedloop.transform.builder import BuildReport, build
from closedloop.transform.child import NodeEvent
from closedloop.transform.freshness import needs_build
from closedloop.warehouse import Scope, scoped_connection
from tests.cities import rebuilt
from tests.servers import Warehouse
from tests.transform.begun import begun, builders
from tests.transform.project_copy import ProjectCopy
from tests.transform.published import contents, protection, relations

FIGURE = "select count(*), max(opened_at) from marts.fct_work_items"
BUILD = "select build_id from marts.ops_status"

Figure = tuple[Any, ...]


def _in_scope(conn: psycopg.Connection) -> None:
    conn.execute("set local closedloop.stations = '*'")


class BusyReader(threading.Thread):
    """Asks for the build, a figure and the build again, without a pause, in one READ COMMITTED transaction
    each.
    """

    def __init__(self, warehouse: Warehouse) -> None:
        super().__init__(daemon=True)
        self.warehouse = warehouse
        self.seen: list[tuple[int, Figure, int]] = []
        self.errors: list[str] = []
        self.enough = threading.Event()

    def run(self) -> None:
        with self.warehouse.connect("reader") as conn:
            last_look = False
            while not last_look:
                # Told to end, it looks once more: however the machine is busy, the new build is seen.
                last_look = self.enough.is_set()
                try:
                    with conn.transaction():
                        _in_scope(conn)
                        (first,) = conn.execute(BUILD).fetchone()
                        figure = conn.execute(FIGURE).fetchone()
                        (last,) = conn.execute(BUILD).fetchone()
                    self.seen.append((first, figure, last))
                except psycopg.Error as error:
                    self.errors.append(str(error))


class PatientReader:
    """One open transaction with prepared statements, begun before the build and still open after it."""

    def __init__(self, conn: psycopg.Connection) -> None:
        self.conn = conn
        # A page's own transaction ends after a minute without work; this one outlasts a build.
        conn.execute("set idle_in_transaction_session_timeout = 0")
        _in_scope(conn)
        conn.execute("prepare build as " + BUILD)
        conn.execute("prepare figure as " + FIGURE)

    def look(self) -> tuple[int, Figure]:
        """The build and the figure, as this transaction sees them now."""
        (build_id,) = self.conn.execute("execute build").fetchone()
        return build_id, self.conn.execute("execute figure").fetchone()


@dataclass(frozen=True)
class Second:
    """The warehouse after its second build, and what was seen on the way."""

    warehouse: Warehouse
    report: BuildReport
    due: str | None
    before: tuple[int, Figure]
    after: tuple[int, Figure]
    reader: BusyReader
    protection_before: dict[Any, Any]
    contents_at_the_kill: tuple[dict[Any, Any], dict[Any, Any]]
    notes: list[str]


@pytest.fixture(scope="module")
def second(city: Warehouse, project: ProjectCopy, tmp_path_factory) -> Iterator[Second]:
    with ExitStack() as stack:
        made = stack.enter_context(rebuilt(city))
        settings = project.of(made.settings)
        _load_a_late_directive(tmp_path_factory.mktemp("late"))
        due = needs_build(settings)
        for change in _changes(project):
            stack.enter_context(change)
        owner = stack.enter_context(made.connect(autocommit=True))
        guarded = protection(owner)
        patient = PatientReader(stack.enter_context(made.connect("reader")))
        reader = BusyReader(made)
        before = patient.look()
        rows_before = contents(owner)
        first = begun(made, project)
        rows_at_the_kill: dict[Any, Any] = {}
        notes: list[str] = []

        def listen(step: object) -> None:
            if isinstance(step, NodeEvent):
                # From the last nodes on; busy all along, it would only slow the build down. Which node is the
                # very last differs, and an exposure, for one, is not said to begin.
                if step.index > step.total - 20 and not reader.is_alive():
                    reader.start()
                return
            notes.append(step.text)
            if step.text.startswith("waiting"):
                rows_at_the_kill.update(contents(owner))
                first.kill()
                first.communicate()

        report = build(settings, with_unit_tests=True, listener=listen)
        after = patient.look()
        reader.enough.set()
        reader.join()
        patient.conn.close()
        yield Second(
            made, report, due, before, after, reader, guarded, (rows_before, rows_at_the_kill), notes
        )


def _load_a_late_directive(folder) -> None:
    path = folder / "directives.csv"
    path.write_text(
        "directive_id,station_id,issued_at,severity,title\n"
        "LATE-1,S01,2025-04-24 10:00:00,red,一件晚到的指令\n",
        encoding="utf-8",
    )
    intake.load_file("directives", path, extract="delta")


def _changes(project: ProjectCopy) -> list:
    seed, mart = project.seed("departments"), project.model("dim_departments")
    query = mart.read_text(encoding="utf-8")
    return [
        project.with_text(seed, seed.read_text(encoding="utf-8").replace("Civil affairs", "Civil matters")),
        project.with_text(
            mart, f"with before as (\n{query}\n)\nselect *, upper(department_id) as shout from before"
        ),
        project.with_column("dim_departments", "shout", "text"),
        project.with_text(
            project.root / "dbt_project" / "tests" / "warn_of_departments.sql",
            "{{ config(severity='warn') }} select department_id from {{ ref('dim_departments') }}",
        ),
    ]


def test_a_second_build_waits_and_says_for_whom(second: Second) -> None:
    assert second.notes[0] == "waiting for closedloop-build (builder) to finish"


def test_a_killed_build_shows_nothing_and_the_next_completes_and_closes_its_books(second: Second) -> None:
    before, at_the_kill = second.contents_at_the_kill
    assert at_the_kill == before
    with second.warehouse.connect() as conn:
        builds = conn.execute(
            "select status, stage_failed from ops.builds where build_id > %s order by build_id",
            [second.before[0]],
        ).fetchall()
        assert builders(conn) == []
    assert builds == [("failed", "interrupted"), ("published", None)]


def test_a_load_between_two_builds_makes_a_build_due_and_is_in_the_second(second: Second) -> None:
    assert second.due is not None and "loaded" in second.due
    with second.warehouse.connect() as conn:
        found = conn.execute("select count(*) from marts.fct_work_items where item_id = 'LATE-1'").fetchone()
        watermarks = conn.execute(
            "select (select last_batch_id from marts.ops_status), (select max(batch_id) from ops.batches)"
        ).fetchone()
    assert found == (1,)
    assert watermarks[0] == watermarks[1]


def test_every_unit_test_of_the_dbt_project_passes(second: Second) -> None:
    """The boundaries of every clock, and what else only code can get wrong."""
    tests = [node for node in second.report.nodes if node.kind == "unit_test"]
    assert len(tests) > 20
    assert [f"{test.about}::{test.name}: {test.message}" for test in tests if test.status != "pass"] == []


def test_an_open_transaction_sees_the_old_wholly_and_then_the_new_wholly(second: Second) -> None:
    (old, old_figure), (new, new_figure) = second.before, second.after
    assert new == second.report.build_id != old
    assert new_figure[0] == old_figure[0] + 1


def test_a_reader_at_work_during_the_swap_has_no_error_and_no_mixture(second: Second) -> None:
    figures = dict([second.before, second.after])
    assert second.reader.errors == []
    assert {first for first, _, _ in second.reader.seen} == set(figures)
    for first, figure, last in second.reader.seen:
        # Where the build is the same before and after, so is all that was read between: the pages' rule for a
        # rerun.
        assert first != last or figure == figures[first]


def test_an_open_reader_delays_the_swap_by_no_more_than_moments(second: Second) -> None:
    assert second.report.publish_seconds < 1


def test_a_changed_seed_is_published_everywhere(second: Second) -> None:
    with second.warehouse.connect() as conn:
        names = conn.execute(
            """
            select reference.departments.name_en, marts.dim_departments.name_en
            from reference.departments join marts.dim_departments using (department_id)
            where department_id = 'minzheng'
            """
        ).fetchone()
    assert names == ("Civil matters", "Civil matters")


def test_an_added_column_is_filled_in_every_row(second: Second) -> None:
    with second.warehouse.connect() as conn:
        rows, filled = conn.execute("select count(*), count(shout) from marts.dim_departments").fetchone()
    assert rows == filled > 0


def test_grants_and_policies_are_the_same_after_the_swap(second: Second) -> None:
    with second.warehouse.connect() as conn:
        assert protection(conn) == second.protection_before


def test_after_two_swaps_a_reader_without_a_scope_sees_no_row_and_with_one_its_own(second: Second) -> None:
    with second.warehouse.connect("reader") as conn:
        for relation in relations(conn, ("marts",)):
            assert conn.execute(f"select count(*) from {'.'.join(relation)}").fetchone() == (0,), relation
    with scoped_connection(Scope.of_stations(["S01"]), second.warehouse.settings) as conn:
        stations = (
            conn.exec_driver_sql("select distinct station_id from marts.fct_work_items").scalars().all()
        )
    assert stations == ["S01"]


def test_a_warning_blocks_nothing_and_is_recorded(second: Second) -> None:
    assert "warn_of_departments" in [node.name for node in second.report.warnings]
    with second.warehouse.connect() as conn:
        found = conn.execute(
            """
            select t.status, t.failures, s.tests, s.tests_failed
            from marts.ops_build_tests as t join marts.ops_status as s using (build_id)
            where t.test_name = 'warn_of_departments'
            """
        ).fetchone()
        assert found[0] == "warn" and found[1] > 0
        assert found[2] == second.report.tests and found[3] == 0
        recorded = conn.execute(
            "select status, tests from marts.ops_builds where build_id = %s", [second.report.build_id]
        ).fetchone()
    assert recorded == ("published", second.report.tests)


def test_what_was_published_before_waits_in_the_other_schemas(second: Second) -> None:
    with second.warehouse.connect() as conn:
        assert conn.execute("select build_id from marts_next.ops_status").fetchone() == (second.before[0],)
