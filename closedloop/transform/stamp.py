"""What the marts say of the build they come from, and only its end can tell: its outcome and its tests.

``ops_status``, ``ops_builds`` and ``ops_build_tests`` are models, made while the build still ran.
"""

from __future__ import annotations

from typing import Any

import psycopg


def stamp_marts(conn: psycopg.Connection[Any], build_id: int) -> None:
    """Bring the three marts up to date with ``ops.builds`` and ``ops.build_tests``, while publishing."""
    build = {"build_id": build_id}
    conn.execute(
        """
        update marts.ops_status as mart
        set tests = build.tests, tests_failed = build.tests_failed
        from ops.builds as build
        where build.build_id = %(build_id)s
        """,
        build,
    )
    conn.execute(
        """
        update marts.ops_builds as mart
        set
            status = build.status,
            models = build.models,
            tests = build.tests,
            tests_failed = build.tests_failed,
            seconds = build.seconds,
            finished_at = build.finished_at,
            published_at = build.published_at
        from ops.builds as build
        where build.build_id = %(build_id)s and mart.build_id = build.build_id
        """,
        build,
    )
    conn.execute(
        """
        insert into marts.ops_build_tests (build_id, test_name, tested_model, status, failures, message)
        select build_id, test, model, status, failures, message
        from ops.build_tests
        where build_id = %(build_id)s
        """,
        build,
    )
