"""A build that is stopped takes dbt along and shows nothing. (A killed one: ``test_swapping``.)"""

from __future__ import annotations

import signal

import pytest

from closedloop.queries.status import published
from closedloop.transform.environment import BUILDER
from closedloop.warehouse import LOAD_AND_BUILD, Scope
from tests.servers import Warehouse
from tests.transform.begun import begun, builders
from tests.transform.project_copy import ProjectCopy
from tests.transform.published import contents


@pytest.mark.parametrize(("ending", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_stopped_build_takes_dbt_along(
    own_city: Warehouse, project: ProjectCopy, ending: signal.Signals, code: int
) -> None:
    with own_city.connect(autocommit=True) as conn:
        before = contents(conn)
        process = begun(own_city, project)
        process.send_signal(ending)
        process.communicate()
        assert process.returncode == code
        assert builders(conn) == []
        assert contents(conn) == before
        last = conn.execute(
            "select status, stage_failed from ops.builds order by build_id desc limit 1"
        ).fetchone()
    assert last == ("failed", "interrupted")


def test_pages_do_not_wait_for_a_build_that_was_killed(own_city: Warehouse) -> None:
    with own_city.connect(autocommit=True, application=BUILDER) as conn:
        conn.execute("insert into ops.builds (started_at, status) values (now(), 'running')")
        conn.execute("select pg_advisory_lock(%s)", [LOAD_AND_BUILD])
        assert published(Scope.city()).last_status == "running"
        conn.execute("select pg_advisory_unlock(%s)", [LOAD_AND_BUILD])
        seen = published(Scope.city())
    assert (seen.last_status, seen.last_stage_failed, seen.failed_since) == ("failed", "interrupted", True)
