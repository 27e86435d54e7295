"""What a dbt run comes to: at which stage it failed, and one sentence about why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from closedloop.transform.child import DbtResult, NodeResult

_FAILED = frozenset({"error", "fail", "runtime error"})
#: What a statement says that was cancelled under way.
_CANCELLED = (
    "canceling statement due to user request",
    "server closed the connection unexpectedly",
    "connection already closed",
    "the connection is closed",
)
_FRAME = ("compiled code at", "DETAIL:", "CONTEXT:", "QUERY:")
_LAYERS = {"staging": "staging", "intermediate": "intermediate", "marts": "mart"}


@dataclass(frozen=True)
class Failure:
    """``stage`` is one of project, start, seed, staging, intermediate, mart, test, unit test; ``why`` a
    sentence part.
    """

    stage: str
    why: str


def failure_of(result: DbtResult) -> Failure | None:
    """The first thing that failed, in the order of the run, and how many more did; None when the run may be
    published.
    """
    failed = [node for node in result.nodes if node.status in _FAILED]
    failed = [node for node in failed if not _was_cancelled(node)] or failed
    if failed:
        first = failed[0]
        return Failure(stage_of(first), _sentence(first) + _and_more(failed, result.nodes))
    if result.success:
        return None
    return Failure("project", f"dbt could not run: {' '.join((result.problem or 'no reason given').split())}")


def _was_cancelled(node: NodeResult) -> bool:
    """Whether a node ended because another had failed: dbt then cancels what runs, and calls it an error."""
    return node.status != "fail" and any(sign in (node.message or "") for sign in _CANCELLED)


def stage_of(node: NodeResult) -> str:
    """The stage of the build a node belongs to."""
    match node.kind:
        case "seed":
            return "seed"
        case "test":
            return "test"
        case "unit_test":
            return "unit test"
        case "operation":
            return "start"
    folders = node.path.split("/")
    return next((stage for folder, stage in _LAYERS.items() if folder in folders), "mart")


def _sentence(node: NodeResult) -> str:
    reason = _one_line(node.message or "no reason given")
    match node.kind:
        case "test" | "unit_test":
            about = f" of {node.about}" if node.about else ""
            rows = f"{node.failures} row(s) against it" if node.status == "fail" and node.failures else reason
            return f"{stage_of(node)} {node.name}{about} ({node.path}): {rows}"
        case "operation":
            return f"start of the run: {reason}"
        case _:
            return f"{stage_of(node)} {node.name} ({node.path}): {reason}"


def _and_more(failed: Sequence[NodeResult], nodes: Sequence[NodeResult]) -> str:
    skipped = sum(node.status == "skipped" for node in nodes)
    parts = []
    if len(failed) > 1:
        others = ", ".join(node.name for node in failed[1:4]) + (", …" if len(failed) > 4 else "")
        parts.append(f"{len(failed) - 1} more failed ({others})")
    if skipped:
        parts.append(f"{skipped} skipped")
    return f"; {', '.join(parts)}" if parts else ""


def _one_line(message: str) -> str:
    """The reason alone. dbt frames it in lines that repeat the node and its compiled file.

    A database's DETAIL quotes rows, and a build's message is read by every signed-in person; it stays in
    dbt's log.
    """
    lines = [line.strip() for line in message.strip().splitlines() if line.strip()]
    if len(lines) > 1 and " Error in " in lines[0]:
        lines = lines[1:]
    return " ".join(line for line in lines if not line.startswith(_FRAME))
