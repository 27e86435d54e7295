"""What the child tells of a run, where dbt itself has lost it."""

from __future__ import annotations

import json
import logging
import os
from types import SimpleNamespace

import pytest

from closedloop.transform.child import NodeResult
from closedloop.transform.dbt_process import _Reporter
from closedloop.transform.verdict import failure_of


def _finished(status: str, message: str):
    # dbt is not imported at the top: more than a second, in every process of a run.
    from dbt.events.types import NodeFinished
    from dbt_common.events.base_types import EventLevel, msg_from_base_event

    info = {"unique_id": "model.closedloop.dim_x", "node_name": "dim_x"}
    event = NodeFinished(node_info=info, run_result={"status": status, "message": message})
    return msg_from_base_event(event, level=EventLevel.DEBUG)


def _skipped():
    from dbt.artifacts.schemas.results import NodeStatus

    node = SimpleNamespace(
        unique_id="model.closedloop.dim_x",
        name="dim_x",
        resource_type="model",
        original_file_path="models/marts/dims/dim_x.sql",
        depends_on=SimpleNamespace(nodes=[]),
    )
    return SimpleNamespace(
        node=node,
        status=NodeStatus.Skipped,
        failures=None,
        message="Skipping due to fail_fast",
        execution_time=0,
    )


@pytest.mark.parametrize(("status", "told"), [("error", True), ("success", False)])
def test_a_failed_node_that_dbt_calls_skipped_is_named_all_the_same(status, told) -> None:
    read, write = os.pipe()
    report = _Reporter(write, logging.getLogger(__name__))
    report.on_event(_finished(status, "division by zero"))
    report.finish(
        SimpleNamespace(success=False, exception=None, result=SimpleNamespace(results=[_skipped()]))
    )
    report._out.close()
    with os.fdopen(read) as lines:
        record = json.loads(lines.readline())
    nodes = tuple(NodeResult(**node) for node in record["results"])
    failure = failure_of(SimpleNamespace(nodes=nodes, success=False, problem=None))
    assert (failure.stage == "mart") is told
    assert ("division by zero" in failure.why) is told


def _node(name: str, status: str, message: str, failures: int | None = None) -> NodeResult:
    return NodeResult(f"test.{name}", name, "test", "a.yml", None, status, failures, message, 0.1)


def test_what_dbt_cancelled_after_a_failure_is_not_said_to_have_failed() -> None:
    cancelled = _node("not_null_moves_move", "error", "server closed the connection unexpectedly")
    guilty = _node("accepted_values_metrics_unit", "fail", "Got 1 result", 1)
    failure = failure_of(SimpleNamespace(nodes=(cancelled, guilty), success=False, problem=None))
    assert failure.why == "test accepted_values_metrics_unit (a.yml): 1 row(s) against it"
    gone = failure_of(SimpleNamespace(nodes=(cancelled,), success=False, problem=None))
    assert gone.why.endswith("server closed the connection unexpectedly")
