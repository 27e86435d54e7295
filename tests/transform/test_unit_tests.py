"""dbt's own unit tests: the boundaries of every clock, and what else only code can get wrong."""

from __future__ import annotations

import json

from closedloop.transform.child import run_dbt
from closedloop.transform.environment import dbt_environment
from closedloop.transform.freshness import shaping_variables
from closedloop.transform.progress import silent
from closedloop.transform.project import DbtProject
from tests.servers import Warehouse


def test_every_unit_test_of_the_dbt_project_passes(own_city: Warehouse) -> None:
    settings = own_city.settings
    with own_city.connect() as conn:
        variables = shaping_variables(conn, settings, DbtProject.of(settings))
    result = run_dbt(
        ["test", "--select", "test_type:unit", "--vars", json.dumps(variables)],
        dbt_environment(settings, schema_suffix=""),
        silent,
    )
    assert result.problem is None
    tests = [node for node in result.nodes if node.kind == "unit_test"]
    assert len(tests) > 20
    assert [f"{test.about}::{test.name}: {test.message}" for test in tests if test.status != "pass"] == []
