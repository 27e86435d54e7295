"""A build that fails, at whatever stage, leaves every published relation and figure as it was."""

from __future__ import annotations

from contextlib import AbstractContextManager

import pytest

from closedloop.cli.server import _tell_warehouse
from closedloop.transform.builder import BuildFailed, build
from closedloop.transform.environment import dbt_home
from closedloop.transform.freshness import freshness
from tests.servers import Warehouse
from tests.transform.project_copy import ProjectCopy
from tests.transform.published import contents, protection


def _broken_seed(project: ProjectCopy) -> AbstractContextManager[None]:
    path = project.seed("severities")
    return project.with_text(path, path.read_text(encoding="utf-8") + "green,four,绿色,Green,▲,a\n")


def _broken_staging(project: ProjectCopy) -> AbstractContextManager[None]:
    return project.with_text(project.model("stg_stations"), "select 1 / 0 as station_id from no_such_table")


def _broken_mart(project: ProjectCopy) -> AbstractContextManager[None]:
    path = project.model("dim_departments")
    division = "\nwhere 1 / (sort_order - sort_order) = 0"
    return project.with_text(path, path.read_text(encoding="utf-8") + division)


def _failing_test(project: ProjectCopy) -> AbstractContextManager[None]:
    path = project.root / "dbt_project" / "tests" / "assert_there_are_no_stations.sql"
    return project.with_text(path, "select station_id from {{ ref('dim_stations') }}")


@pytest.mark.parametrize(
    ("breaking", "stage", "node"),
    [
        (_broken_seed, "seed", "severities"),
        (_broken_staging, "staging", "stg_stations"),
        (_broken_mart, "mart", "dim_departments"),
        (_failing_test, "test", "assert_there_are_no_stations"),
    ],
)
def test_a_failing_build_changes_nothing_that_is_published(own_city, project, breaking, stage, node) -> None:
    with own_city.connect() as conn:
        before, guarded = contents(conn), protection(conn)
        (kept,) = conn.execute("select build_id from marts.ops_status").fetchone()

    with breaking(project), pytest.raises(BuildFailed) as failed:
        build(project.of(own_city.settings))

    with own_city.connect() as conn:
        assert contents(conn) == before
        assert protection(conn) == guarded
        recorded = conn.execute(
            "select status, stage_failed, message from ops.builds order by build_id desc limit 1"
        ).fetchone()
    assert recorded[:2] == ("failed", stage)
    assert node in recorded[2]

    assert node in (dbt_home(own_city.settings) / "logs" / "dbt.log").read_text("utf-8")
    sentence = str(failed.value)
    assert f"failed at {stage}" in sentence and node in sentence
    assert f"stays as it was: build {kept} of 20" in sentence
    assert failed.value.exit_code == 1
    assert freshness(project.of(own_city.settings)).failure.stage == stage


def test_a_project_that_does_not_parse_fails_with_its_file_and_status_says_what_is_shown(
    own_city: Warehouse, project: ProjectCopy, capsys: pytest.CaptureFixture[str]
) -> None:
    path, settings = project.model("ops_status"), project.of(own_city.settings)
    with own_city.connect() as conn:
        (kept,) = conn.execute("select build_id from marts.ops_status").fetchone()
    with project.with_text(path, "select {{ nonsense("):
        with pytest.raises(BuildFailed, match=r"ops_status\.sql"):
            build(settings)
        _tell_warehouse(settings)
    said = capsys.readouterr().out
    assert f"published   build {kept} of 20" in said
    assert f"due         models, reference data or settings changed since build {kept}" in said
