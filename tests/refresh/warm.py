"""Refreshes that start within a hundredth of a second: forked from a process that has imported everything.

An interpreter that imports polars costs a second of CPU, one that imports dbt another two. Forked instead of
executed, everything else is as in the product: the command line in a process (and group) of its own, and dbt
as :mod:`tests.forked_dbt` has it. ``tests/refresh/test_refresh.py`` starts both in the ordinary way.

``python -m tests.refresh.warm`` reads ``{"arguments", "environment", "output"}`` from standard input, a line
each; answers with the process id of the refresh, and with its exit code (-9: killed) when it has ended.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from typing import Any

from tests import forked_dbt

_NULL = os.open(os.devnull, os.O_RDWR)


def _refresh(order: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    os.setsid()
    output = os.open(order["output"], os.O_WRONLY)
    for source, number in ((_NULL, 0), (output, 1), (output, 2)):
        os.dup2(source, number)
    os.close(output)
    os.environ.update(order["environment"])
    from closedloop.cli import main

    with forked_dbt.instead():
        forked_dbt.leave(lambda: main(order["arguments"]))


def serve() -> None:
    """Import what a refresh imports, then fork one refresh per line, one at a time."""
    import closedloop.cli.refresh  # noqa: F401

    forked_dbt.orders().recv(len(forked_dbt.READY))
    gc.freeze()
    print("ready", flush=True)
    for line in sys.stdin:
        pid = _refresh(json.loads(line))
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    serve()
