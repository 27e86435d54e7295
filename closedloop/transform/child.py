"""dbt in a child process: started, listened to, and stopped again whatever happens to us.

The server never imports dbt (110 MB); a build may be started from it all the same.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

PACKAGE_PARENT = Path(__file__).resolve().parents[2]

#: Nobody reads what dbt logs (its errors stand in ``dbt.log``, written by the child) or its manifest: a
#: quarter of its work.
_NO_BOOKKEEPING = ("--log-level", "none", "--log-level-file", "none", "--no-write-json")
#: How long dbt may take to cancel its queries and leave before it is killed.
STOP_SECONDS = 10.0


@dataclass(frozen=True)
class NodeResult:
    """What became of one dbt node. ``about`` names the model a test tests; ``seconds`` is wall time."""

    node: str
    name: str
    kind: str
    path: str
    about: str | None
    status: str
    failures: int | None
    message: str | None
    seconds: float


@dataclass(frozen=True)
class NodeEvent:
    """A node began (``status`` is None) or ended. ``index`` of ``total`` counts from 1."""

    node: str
    index: int
    total: int
    status: str | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class DbtResult:
    """A finished run: ``problem`` is set when dbt could not run at all (a syntax error, no connection)."""

    success: bool
    problem: str | None
    nodes: tuple[NodeResult, ...] = field(default=())


def run_dbt(
    arguments: Sequence[str], environment: Mapping[str, str], on_event: Callable[[NodeEvent], None]
) -> DbtResult:
    """Run ``dbt ARGUMENTS``, a command first, and report each node as it begins and ends.

    Never raises for a failing node; an exception raised here or in ``on_event`` (Ctrl-C, a stop) stops the
    child first.
    """
    command, *options = arguments
    read_end, write_end = os.pipe()
    with (
        os.fdopen(read_end, encoding="utf-8") as lines,
        tempfile.TemporaryFile() as complaints,
        _child(
            [str(write_end), command, *_NO_BOOKKEEPING, *options],
            environment,
            subprocess.DEVNULL,
            complaints,
            write_end,
        ) as process,
    ):
        os.close(write_end)
        result: DbtResult | None = None
        problem: str | None = None
        for line in lines:
            record = json.loads(line)
            match record.pop("kind"):
                case "start" | "finish":
                    on_event(NodeEvent(**record))
                case "problem":
                    problem = record["message"]
                case "done":
                    nodes = tuple(NodeResult(**n) for n in record["results"])
                    result = DbtResult(record["success"], problem or record["problem"], nodes)
        code = process.wait()
        if result is not None:
            return result
        if code < 0:
            return DbtResult(False, problem or f"dbt was ended by signal {-code} ({signal.strsignal(-code)})")
        complaints.seek(0)
        last_words = complaints.read().decode(errors="replace").strip().splitlines()[-1:]
        return DbtResult(
            False, problem or " ".join([f"dbt ended without a result (exit code {code})", *last_words])
        )


def run_dbt_in_terminal(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run ``dbt ARGUMENTS`` with the terminal's own output; return its exit code."""
    with _child(["-", *arguments], environment, None, None) as process:
        return process.wait()


@contextmanager
def _child(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    stdout: int | None,
    stderr: IO[bytes] | None,
    *pass_fds: int,
) -> Iterator[subprocess.Popen[bytes]]:
    search_path = os.pathsep.join(filter(None, [str(PACKAGE_PARENT), os.environ.get("PYTHONPATH")]))
    process = subprocess.Popen(
        [sys.executable, "-m", "closedloop.transform.dbt_process", *arguments],
        env={**os.environ, "PYTHONPATH": search_path, **environment},
        # Held open and never written to: when we die, by whatever signal, the child reads its end and leaves.
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=stderr,
        pass_fds=pass_fds,
        # Ctrl-C in the terminal reaches us alone; we stop the child in our own order.
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            _stop(process)
        if process.stdin is not None:
            process.stdin.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
