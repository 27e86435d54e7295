"""Refreshes that start within a hundredth of a second: forked from a process that has imported everything.

An interpreter that imports polars and dbt costs three seconds of CPU, and a refresh needs two of them. Forked
instead of executed, everything else is as in the product: the command line in a process (and group) of its
own, and dbt in a child of it, in a session of its own, which knows of its parent's death by the end of its
standard input. ``tests/refresh/test_refresh.py`` starts both in the ordinary way.

``python -m tests.refresh.warm`` reads ``{"arguments", "environment", "output"}`` from standard input, a line
each; answers with the process id of the refresh, and with its exit code (-9: killed) when it has ended.
"""

from __future__ import annotations

import array
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import time
from typing import Any, NoReturn

_NULL = os.open(os.devnull, os.O_RDWR)


class _Forked:
    """The part of ``subprocess.Popen`` that :mod:`closedloop.transform.child` uses, over a fork made before.

    Made before, as a process that is forked in the middle of a refresh would hold its connections open.
    """

    waiting: tuple[int, socket.socket]

    def __init__(
        self, command: list[str], *, env: dict[str, str], stderr: Any, pass_fds: tuple[int, ...], **_: Any
    ):
        assert command[1:3] == ["-m", "closedloop.transform.dbt_process"]
        self.pid, line = self.waiting
        self.returncode: int | None = None
        read_end, write_end = os.pipe()
        errors = stderr.fileno() if stderr is not None else 2
        order = json.dumps({"arguments": command[4:], "environment": env}).encode()
        descriptors = array.array("i", [read_end, errors, *pass_fds])
        line.sendmsg([len(order).to_bytes(4, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)])
        line.sendall(order)
        line.close()
        os.close(read_end)
        self.stdin = os.fdopen(write_end, "wb")

    def poll(self) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        until = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            if until is not None and time.monotonic() > until:
                raise subprocess.TimeoutExpired("dbt", timeout or 0)
            time.sleep(0.005)
        return self.returncode or 0

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _dbt_in_waiting() -> tuple[int, socket.socket]:
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid:
        theirs.close()
        return pid, ours
    ours.close()
    os.setsid()
    length, ancillary, _, _ = theirs.recvmsg(4, socket.CMSG_SPACE(4 * 8))
    if not length:
        os._exit(0)  # The refresh ended, or was killed, before it built.
    size, data = int.from_bytes(length, "big"), b""
    while len(data) < size:
        more = theirs.recv(size - len(data))
        if not more:
            os._exit(0)  # The refresh was killed in the middle of its order.
        data += more
    theirs.close()
    order = json.loads(data)
    descriptors = array.array("i")
    for _level, _kind, content in ancillary:
        descriptors.frombytes(content)
    for number, descriptor in zip((0, 2), descriptors, strict=False):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.dup2(_NULL, 1)
    os.environ.clear()
    os.environ.update(order["environment"])
    from closedloop.transform import dbt_process

    _leave(lambda: dbt_process.main([str(descriptors[2]), *order["arguments"]]))


def _leave(work: Any) -> NoReturn:
    code: Any = 1
    try:
        code = work()
    except SystemExit as leaving:
        code = leaving.code
    except BaseException:
        import traceback

        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 0)


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
    from closedloop.transform import child

    _Forked.waiting = _dbt_in_waiting()
    child.subprocess = _Subprocess  # type: ignore[assignment]
    _leave(lambda: main(order["arguments"]))


class _Subprocess:
    """The names of ``subprocess`` that ``closedloop.transform.child`` uses."""

    Popen = _Forked
    TimeoutExpired = subprocess.TimeoutExpired
    PIPE, DEVNULL = subprocess.PIPE, subprocess.DEVNULL


def serve() -> None:
    """Import what a refresh and a build import, then fork one refresh per line, one at a time."""
    import dbt.adapters.postgres.impl
    import dbt.cli.main
    import dbt.task.build  # noqa: F401

    import closedloop.cli.refresh
    import closedloop.refresh
    import closedloop.transform.dbt_process  # noqa: F401

    gc.freeze()
    print("ready", flush=True)
    for line in sys.stdin:
        pid = _refresh(json.loads(line))
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    serve()
