"""A build that is stopped takes dbt along and shows nothing. (A killed one: ``test_swapping``.)"""

from __future__ import annotations

import signal

import pytest

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
