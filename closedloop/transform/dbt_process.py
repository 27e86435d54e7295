"""The child process: the only place that imports dbt.

``python -m closedloop.transform.dbt_process EVENTS_FD ARG…`` runs ``dbt ARG…``. With a file descriptor number
it writes what happens as one JSON object per line to it (shapes: :mod:`closedloop.transform.child`); with
``-`` dbt talks to the terminal itself.

Standard input is a pipe that the parent never writes to. Its end means that the parent is gone, killed
perhaps, and then this process must not go on building for nobody.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import sys
import threading
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

_RESULT_EVENTS = frozenset(
    {
        "LogModelResult",
        "LogSeedResult",
        "LogTestResult",
        "LogNodeResult",
        "LogSnapshotResult",
        "SkippingDetails",
    }
)
#: How dbt calls a node that failed, in its events.
_FAILED = frozenset({"error", "fail", "runtime error"})


def main(argv: list[str]) -> int:
    """Run dbt and return its exit code: 0 success, 1 a node failed, 2 dbt could not run at all."""
    # The project is many objects that stay: looking through them for garbage costs a twentieth of a run.
    gc.set_threshold(200_000, 50, 100)
    _die_with_the_parent()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)

    from dbt.cli.main import dbtRunner

    target, *arguments = argv
    if target == "-":
        return _exit_code(dbtRunner().invoke(arguments))

    report = _Reporter(int(target), _error_log())
    runner = dbtRunner(callbacks=[report.on_event])
    result = runner.invoke(arguments)
    report.finish(result)
    return _exit_code(result)


def _exit_code(result: Any) -> int:
    if result.success:
        return 0
    return 2 if result.exception is not None else 1


def _die_with_the_parent() -> None:
    def wait_for_the_end() -> None:
        while os.read(0, 4096):
            pass
        os._exit(130)

    threading.Thread(target=wait_for_the_end, name="parent-watch", daemon=True).start()


class _Reporter:
    """Writes events and, at the end, the results; dbt calls it from several threads."""

    def __init__(self, descriptor: int, log: logging.Logger) -> None:
        self._lock = threading.Lock()
        self._failed: dict[str, dict[str, Any]] = {}
        self._log = log
        self._out = os.fdopen(descriptor, "w", encoding="utf-8")

    def _write(self, **record: Any) -> None:
        line = json.dumps(record, ensure_ascii=False, default=str)
        with self._lock:
            try:
                self._out.write(line + "\n")
                self._out.flush()
            except BrokenPipeError:
                os._exit(130)

    def on_event(self, event: Any) -> None:
        name, data = event.info.name, event.data
        if event.info.level == "error":
            self._log.error("%s %s", event.info.ts.ToJsonString(), _without_secrets(event.info.msg))
        if name == "LogStartLine":
            self._write(kind="start", node=data.node_info.unique_id, index=data.index, total=data.total)
        elif name in _RESULT_EVENTS:
            self._write(
                kind="finish",
                node=data.node_info.unique_id,
                status=data.node_info.node_status,
                seconds=getattr(data, "execution_time", 0.0),
                index=data.index,
                total=getattr(data, "total", None) or getattr(data, "num_models", None),
            )
        elif name == "NodeFinished" and data.run_result.status in _FAILED:
            told = data.run_result
            self._failed[data.node_info.unique_id] = {
                "status": told.status,
                "message": told.message or None,
                "failures": told.num_failures or None,
            }
        elif name == "FoundStats":
            self._write(kind="parsed", message=event.info.msg)
        elif name == "MainEncounteredError":
            self._write(kind="problem", message=data.exc)

    def finish(self, result: Any) -> None:
        nodes = getattr(result.result, "results", None) or []
        self._write(
            kind="done",
            success=bool(result.success),
            problem=str(result.exception).strip() if result.exception is not None else None,
            results=[self._corrected(_node_result(r)) for r in nodes],
        )

    def _corrected(self, node: dict[str, Any]) -> dict[str, Any]:
        """The node's result. Ending at the first failure, dbt may call the very node that failed skipped:
        another thread's node ended between the failure and its being written down.
        """
        told = self._failed.get(node["node"])
        return {**node, **told} if told and node["status"] == "skipped" else node


def _error_log() -> logging.Logger:
    """What dbt calls an error, in ``dbt.log``. dbt's own logger words every event, and then drops most."""
    folder = Path(os.environ["DBT_LOG_PATH"])
    folder.mkdir(parents=True, exist_ok=True)
    log = logging.getLogger("closedloop.dbt")
    log.propagate = False
    log.addHandler(RotatingFileHandler(folder / "dbt.log", maxBytes=2**20, backupCount=1, encoding="utf-8"))
    return log


def _without_secrets(text: str) -> str:
    for name, value in os.environ.items():
        if name.startswith("DBT_ENV_SECRET") and value:
            text = text.replace(value, "*****")
    return text


def _word(status: Any) -> str:
    return str(getattr(status, "value", status)).lower()


def _node_result(result: Any) -> dict[str, Any]:
    node = result.node
    about = getattr(node, "attached_node", None) or next(iter(getattr(node.depends_on, "nodes", [])), None)
    return {
        "node": node.unique_id,
        "name": node.name,
        "kind": _word(node.resource_type),
        "path": node.original_file_path,
        "about": about.rsplit(".", 1)[-1] if about else None,
        "status": _word(result.status),
        "failures": result.failures,
        "message": result.message,
        "seconds": result.execution_time,
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
