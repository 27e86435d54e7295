"""One build, from the lock to the publication.

Under the lock that loads take, dbt fills and tests the ``*_next`` schemas; then one transaction renames the
four pairs. Until that moment nothing that is published has been touched, and after it nothing of the old is
mixed in.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg

from closedloop.errors import ClosedloopError
from closedloop.settings import Settings, get_settings
from closedloop.transform import catching_up, guard, record, schemas
from closedloop.transform.child import DbtResult, NodeResult, run_dbt
from closedloop.transform.environment import APPLICATION, BUILDER, NEXT, dbt_environment, dbt_home
from closedloop.transform.freshness import shaping_variables
from closedloop.transform.listed import refuse_unlisted
from closedloop.transform.policy_rows import refuse_edited_policies
from closedloop.transform.progress import Listener, Note, silent
from closedloop.transform.project import DbtProject
from closedloop.transform.stamp import stamp_marts
from closedloop.transform.verdict import Failure, failure_of
from closedloop.transform.visibility import note_visible_rows
from closedloop.warehouse.addresses import urls
from closedloop.warehouse.connections import connect
from closedloop.warehouse.locks import locked_for_session
from closedloop.warehouse.roles import show_published_to_analysts

Connection = psycopg.Connection[Any]


class BuildFailed(ClosedloopError):
    """A build that was not published; what was published before it is as it was."""

    exit_code = 1


@dataclass(frozen=True)
class BuildReport:
    """A published build. ``seconds`` from the lock to the publication; ``nodes`` in the order they ended."""

    build_id: int
    seconds: float
    publish_seconds: float
    nodes: tuple[NodeResult, ...]

    @property
    def tests(self) -> int:
        """Number of tests that ran."""
        return sum(node.kind in ("test", "unit_test") for node in self.nodes)

    @property
    def warnings(self) -> tuple[NodeResult, ...]:
        """Tests of severity warn that found something; they are recorded and block nothing."""
        return tuple(node for node in self.nodes if node.status == "warn")


def build(
    settings: Settings | None = None,
    *,
    with_unit_tests: bool = False,
    full_refresh: bool = False,
    keep_going: bool = False,
    listener: Listener = silent,
) -> BuildReport:
    """Build and publish. Waits, saying so, for a load or another build.

    The first failure ends the run, and frees the lock, unless ``keep_going`` asks for all of them.
    ``with_unit_tests`` also runs dbt's unit tests, which prove the code and not the data. ``full_refresh``
    trusts nothing kept from earlier builds, dbt's parsed project included. Raises BuildFailed with one
    sentence when a seed, model or test failed, another ClosedloopError when the build was refused before.
    """
    settings = settings or get_settings()
    project = DbtProject.of(settings)
    with connect("owner", settings, autocommit=True, application=BUILDER) as conn:
        guard.refuse_blind_builder(conn)

        def waiting(reason: str) -> None:
            listener(Note(reason))

        with locked_for_session(conn, waiting=waiting):
            report = _Build(settings, project, conn, listener).run(
                _dbt_options(with_unit_tests, full_refresh, keep_going),
                # A unit test gives a model all its rows, and knows of no parts.
                may_catch_up=not (full_refresh or with_unit_tests),
            )
        _note_visible_rows(conn, report.build_id, listener)
        return report


def _note_visible_rows(conn: Connection, build_id: int, listener: Listener) -> None:
    """No load waits for this, and what is published stays published, whatever becomes of it."""
    began = time.monotonic()
    try:
        noted = note_visible_rows(conn)
    except psycopg.Error as error:
        listener(Note(f"build {build_id}: its tables were not vacuumed: {error}"))
        return
    if noted.tables:
        seconds = time.monotonic() - began
        listener(Note(f"build {build_id}: {len(noted.tables)} of its tables vacuumed, {seconds:.0f} s"))
    if noted.left:
        why = f"; {noted.oldest} began before they were made" if noted.oldest else ""
        listener(
            Note(
                f"build {build_id}: indexes cannot answer alone for {', '.join(noted.left)}{why}; "
                "pages read them more slowly until the next build"
            )
        )


def _dbt_options(with_unit_tests: bool, full_refresh: bool, keep_going: bool) -> list[str]:
    options = [] if with_unit_tests else ["--exclude-resource-type", "unit_test"]
    options += [] if keep_going else ["--fail-fast"]
    return [*options, "--full-refresh", "--no-partial-parse"] if full_refresh else options


class _Build:
    def __init__(self, settings: Settings, project: DbtProject, conn: Connection, listener: Listener) -> None:
        self.settings = settings
        self.project = project
        self.conn = conn
        self.listener = listener
        self.variables = shaping_variables(conn, settings, project)
        self.nodes: tuple[NodeResult, ...] = ()
        self.catches_up = False
        self.views: dict[str, LiteralString] = {}

    def run(self, options: list[str], *, may_catch_up: bool) -> BuildReport:
        began = time.monotonic()
        for dead in record.mark_interrupted(self.conn):
            self._say(f"build {dead} had been interrupted; nothing of it was published")
        _end_leftovers(self.conn)
        code_hash = self.project.code_hash(self.variables)
        self.build_id = record.start(self.conn, code_hash, record.last_batch(self.conn))
        self._say(f"build {self.build_id}: models and tests in {', '.join(schemas.UPCOMING)}")
        stage = "catalogue"
        try:
            refuse_unlisted(self.project)
            stage = "policy"
            refuse_edited_policies(
                self.conn, self.project.reference / "sla_policy.csv", self.settings.time_zone
            )
            stage = "start"
            self._prepare(code_hash if may_catch_up else None)
            stage = "project"
            result = self._run_dbt(options)
            self.nodes = result.nodes
            failure = failure_of(result)
            if failure is not None:
                raise self._failed(failure)
            stage = "publish"
            if self.catches_up:
                items = catching_up.touched(self.conn)
                record.note_touched(self.conn, self.build_id, items)
                self._say(f"build {self.build_id}: {items:,} items were touched, by loads or by time")
                catching_up.drop_parts(self.conn, self.views)
            self._say(f"build {self.build_id}: nothing failed, publishing")
            publish_seconds = self._publish()
        except BuildFailed:
            raise
        except ClosedloopError as error:
            raise self._failed(Failure(stage, str(error))) from error
        except (KeyboardInterrupt, SystemExit) as stop:
            self._failed(Failure("interrupted", getattr(stop, "why", "it was stopped")))
            raise
        except BaseException as error:
            self._failed(Failure(stage, f"{type(error).__name__}: {error}"))
            raise
        seconds = time.monotonic() - began
        report = BuildReport(self.build_id, seconds, publish_seconds, self.nodes)
        self._say(
            f"build {self.build_id} published: {sum(n.kind == 'model' for n in self.nodes)} models, "
            f"{report.tests} tests, "
            f"{len(report.warnings)} warning(s), {seconds:.0f} s"
        )
        return report

    def _prepare(self, code_hash: str | None) -> None:
        """Leave in the twins what this build goes on from, or nothing; without a ``code_hash``, nothing."""
        addresses = urls(self.settings)
        found = catching_up.start_of(self.conn, self.build_id, code_hash) if code_hash else "it was asked for"
        if isinstance(found, str):
            schemas.empty_next(self.conn, addresses, self._say)
            self._say(f"build {self.build_id}: everything anew, {found}")
        else:
            schemas.keep_next(self.conn, addresses, self._say)
            self.views = catching_up.views_of_next(self.conn)
            catching_up.drop_parts(self.conn, self.views)
            self._say(f"build {self.build_id}: goes on from build {found.build_id}")
            self.catches_up = True
        start = None if isinstance(found, str) else found
        record.note_start(self.conn, self.build_id, start.build_id if start else None)
        catching_up.note_start(self.conn, start)

    def _run_dbt(self, options: list[str]) -> DbtResult:
        dbt_home(self.settings).mkdir(mode=0o700, parents=True, exist_ok=True)
        # Said only where it is so: told other variables than the last time, dbt parses everything anew.
        variables = json.dumps(self.variables | ({"catch_up": True} if self.catches_up else {}))
        if self.catches_up:
            options = [*options, "--selector", catching_up.SELECTOR]
        return run_dbt(
            ["build", "--vars", variables, *options],
            dbt_environment(self.settings, schema_suffix=NEXT, catches_up=self.catches_up),
            self.listener,
        )

    def _publish(self) -> float:
        addresses = urls(self.settings)
        guard.refuse_open_marts(self.conn, "marts" + NEXT, addresses)
        record.write_tests(self.conn, self.build_id, self.nodes)
        began = time.monotonic()

        def swap() -> None:
            schemas.rename_pairs(self.conn)
            show_published_to_analysts(self.conn, addresses)
            record.finish_published(self.conn, self.build_id, self.nodes)
            stamp_marts(self.conn, self.build_id)

        schemas.in_one_transaction(self.conn, swap, self._say)
        return time.monotonic() - began

    def _failed(self, failure: Failure) -> BuildFailed:
        """Write the failure down, and make the sentence that a person reads."""
        message = f"build {self.build_id} failed at {failure.stage}: {failure.why}"
        try:
            record.finish_failed(self.conn, self.build_id, failure.stage, failure.why, self.nodes)
            return BuildFailed(f"{message}. {self._what_stays()}")
        except psycopg.Error:
            # The server went away under us; the next build finds this one unfinished and closes its books.
            return BuildFailed(
                f"{message}. The warehouse no longer answers; what is published was not touched."
            )

    def _what_stays(self) -> str:
        kept = record.published_build(self.conn)
        if kept is None:
            return "Nothing has been published yet."
        local = kept.published_at.astimezone(self.settings.zone)
        stays = f"The published data stays as it was: build {kept.build_id} of {local:%Y-%m-%d %H:%M}"
        if record.last_batch(self.conn) > kept.last_batch_id:
            return f"{stays}, without what was loaded after batch {kept.last_batch_id}."
        return f"{stays}, with everything loaded so far."

    def _say(self, text: str) -> None:
        self.listener(Note(text))


def _end_leftovers(conn: Connection) -> None:
    """End what a killed build left running in the server: its last statement may go on for minutes, holding
    locks.
    """
    conn.execute(
        """
        select pg_terminate_backend(pid)
        from pg_stat_activity
        where application_name = %s and usename = current_user and datname = current_database()
        """,
        [APPLICATION],
    )
