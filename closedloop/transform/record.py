"""The builds' own records: ``ops.builds`` and ``ops.build_tests``. Pages read ``status.builds``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from closedloop.transform.child import NodeResult
from closedloop.transform.environment import BUILDER
from closedloop.warehouse.locks import holder
from closedloop.warehouse.statements import only_row

Connection = psycopg.Connection[Any]
_TESTS = ("test", "unit_test")
_FAILED = ("error", "fail", "runtime error")


@dataclass(frozen=True)
class PublishedBuild:
    """The build whose schemas are published. ``last_batch_id`` is the last load it contains (0: none)."""

    build_id: int
    published_at: datetime
    last_batch_id: int
    code_hash: str


def published_build(conn: Connection) -> PublishedBuild | None:
    """The last build that was published; None before the first, and after a restore, which brings its record
    and not its marts."""
    row = conn.execute(
        """
        select build_id, published_at, coalesce(last_batch_id, 0), code_hash
        from ops.builds
        where
            status = 'published'
            and exists (select from pg_class where relnamespace = to_regnamespace('marts'))
        order by published_at desc
        limit 1
        """
    ).fetchone()
    return PublishedBuild(*row) if row else None


@dataclass(frozen=True)
class FailedBuild:
    """A build that was not published: the stage it failed at and why, as part of a sentence."""

    build_id: int
    finished_at: datetime
    stage: str
    why: str


def failure_since(conn: Connection, published: PublishedBuild | None) -> FailedBuild | None:
    """The last build that failed after the published one; None when none did."""
    row = conn.execute(
        """
        select build_id, finished_at, stage_failed, message
        from ops.builds
        where status = 'failed' and build_id > %s
        order by build_id desc
        limit 1
        """,
        [published.build_id if published else 0],
    ).fetchone()
    return FailedBuild(*row) if row else None


@dataclass(frozen=True)
class LastBuild:
    """The build that began last, however it ended. ``status`` is ``interrupted`` for one that was killed: it
    says ``running``, and nobody builds. ``went_on_from`` is the build whose rows it kept; ``is_full``
    None where it did not come so far, or nobody noted it."""

    build_id: int
    status: str
    at: datetime
    message: str | None
    is_full: bool | None = None
    went_on_from: int | None = None


def last_build(conn: Connection) -> LastBuild | None:
    """The last build, or None before the first."""
    row = conn.execute(
        """
        select
            build_id,
            status,
            coalesce(finished_at, started_at),
            message,
            -- Columns that a warehouse which is not migrated yet may lack.
            (to_jsonb(builds) ->> 'is_full')::boolean,
            (to_jsonb(builds) ->> 'went_on_from')::bigint
        from ops.builds
        order by build_id desc
        limit 1
        """
    ).fetchone()
    if row is None:
        return None
    build_id, status, at, message, is_full, went_on_from = row
    if status == "running" and holder(conn) != BUILDER:
        status, message = "interrupted", "it was killed; nothing of it was published"
    return LastBuild(build_id, status, at, message, is_full, went_on_from)


def last_batch(conn: Connection) -> int:
    """The last committed load, 0 for none. A watermark only under the lock that loads take."""
    (batch_id,) = only_row(conn.execute("select coalesce(max(batch_id), 0) from ops.batches"))
    return batch_id


def start(conn: Connection, code_hash: str, last_batch_id: int) -> int:
    """Note that a build began; return its ``build_id``."""
    with conn.transaction():
        (build_id,) = only_row(
            conn.execute(
                """
            insert into ops.builds (started_at, status, code_hash, last_batch_id)
            values (now(), 'running', %s, %s)
            returning build_id
            """,
                [code_hash, last_batch_id],
            )
        )
    return build_id


def note_start(conn: Connection, build_id: int, went_on_from: int | None) -> None:
    """Note whether a build goes on from another one, or makes everything."""
    with conn.transaction():
        conn.execute(
            "update ops.builds set is_full = %s, went_on_from = %s where build_id = %s",
            [went_on_from is None, went_on_from, build_id],
        )


def note_touched(conn: Connection, build_id: int, items: int) -> None:
    """Note how many items a build that went on from another one made anew."""
    with conn.transaction():
        conn.execute("update ops.builds set touched_items = %s where build_id = %s", [items, build_id])


def mark_interrupted(conn: Connection) -> list[int]:
    """Close the books on builds that were killed: under the lock, a running build other than ours is a dead
    one.
    """
    with conn.transaction():
        rows = conn.execute(
            """
            update ops.builds
            set status = 'failed', stage_failed = 'interrupted', finished_at = now(),
                message = 'interrupted: the process that built was ended; nothing of it was published'
            where status = 'running'
            returning build_id
            """
        ).fetchall()
    return [row[0] for row in rows]


def finish_failed(
    conn: Connection, build_id: int, stage: str, message: str, nodes: Iterable[NodeResult]
) -> None:
    """Note a failure: what failed, and every test that ran."""
    nodes = list(nodes)
    with conn.transaction():
        _write_tests(conn, build_id, nodes)
        _finish(conn, build_id, nodes, "failed", stage, message)


def finish_published(conn: Connection, build_id: int, nodes: Iterable[NodeResult]) -> None:
    """Note a success. To be called inside the transaction that publishes."""
    _finish(conn, build_id, list(nodes), "published", None, None)


def write_tests(conn: Connection, build_id: int, nodes: Iterable[NodeResult]) -> None:
    """One row of ``ops.build_tests`` per test that ran."""
    with conn.transaction():
        _write_tests(conn, build_id, list(nodes))


def _write_tests(conn: Connection, build_id: int, nodes: list[NodeResult]) -> None:
    with conn.cursor() as cursor:
        cursor.executemany(
            """
            insert into ops.build_tests (build_id, test, status, failures, message, model)
            values (%s, %s, %s, %s, %s, %s)
            on conflict do nothing
            """,
            [
                (build_id, _test_name(node), node.status, node.failures, node.message, node.about)
                for node in nodes
                if node.kind in _TESTS
            ],
        )


def _test_name(node: NodeResult) -> str:
    """Unit tests are named within their model only."""
    return f"{node.about}::{node.name}" if node.kind == "unit_test" else node.name


def _finish(
    conn: Connection,
    build_id: int,
    nodes: list[NodeResult],
    status: str,
    stage: str | None,
    message: str | None,
) -> None:
    tests = [node for node in nodes if node.kind in _TESTS and node.status != "skipped"]
    conn.execute(
        """
        update ops.builds
        set status = %s, stage_failed = %s, message = %s, models = %s, tests = %s, tests_failed = %s,
            finished_at = clock_timestamp(), seconds = extract(epoch from clock_timestamp() - started_at),
            published_at = case when %s = 'published' then clock_timestamp() end
        -- A stop that comes just after the publication does not unsay it.
        where build_id = %s and status = 'running'
        """,
        [
            status,
            stage,
            message,
            sum(node.kind == "model" and node.status == "success" for node in nodes),
            len(tests),
            sum(node.status in _FAILED for node in tests),
            status,
            build_id,
        ],
    )
