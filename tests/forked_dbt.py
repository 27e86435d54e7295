"""dbt's processes forked from one that has imported dbt: an interpreter that imports it costs 1.6 s of CPU.

Forked instead of executed, everything else is as in the product: dbt runs in a process and a session of its
own, with the environment and the pipes that it was given, and knows of its parent's death by the end of its
standard input. What tests start on the command line starts dbt in the ordinary way.

``python -m tests.forked_dbt FD`` forks a dbt for each order that comes by the socket FD: arguments and
environment, with a socket for the process id and, at the end, the exit code, standard input and error, and
what else is passed on.
"""

from __future__ import annotations

import gc
import json
import os
import select
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import IO, Any, NoReturn

from closedloop.settings import PROJECT_ROOT
from closedloop.transform import child

_MODULE = "closedloop.transform.dbt_process"
_LONGEST = 2**17
#: Said once by the process that takes orders, when dbt is imported.
READY = b"ready"


@contextmanager
def instead() -> Iterator[None]:
    """Inside the block, builds of this process and of those it forks have their dbt forked."""
    child.subprocess = _Subprocess  # type: ignore[assignment]
    try:
        yield
    finally:
        child.subprocess = subprocess


def _started(command: list[str], **options: Any) -> subprocess.Popen[bytes] | _Forked:
    in_terminal = command[3] == "-"
    return subprocess.Popen(command, **options) if in_terminal else _Forked(command, **options)


class _Subprocess:
    """The names of ``subprocess`` that ``closedloop.transform.child`` uses."""

    Popen = staticmethod(_started)
    TimeoutExpired = subprocess.TimeoutExpired
    PIPE, DEVNULL = subprocess.PIPE, subprocess.DEVNULL


class _Forked:
    """The part of ``subprocess.Popen`` that ``closedloop.transform.child`` uses."""

    def __init__(
        self, command: list[str], *, env: dict[str, str], stderr: IO[bytes], pass_fds: tuple[int], **_: Any
    ) -> None:
        assert command[1:3] == ["-m", _MODULE]
        order = json.dumps({"arguments": command[4:], "environment": env}).encode()
        assert len(order) < _LONGEST, "or it would be cut off"
        self._told, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        read_end, write_end = os.pipe()
        socket.send_fds(orders(), [order], [theirs.fileno(), read_end, stderr.fileno(), *pass_fds])
        theirs.close()
        os.close(read_end)
        self.stdin = os.fdopen(write_end, "wb")
        self.returncode: int | None = None
        self.pid = self._hear()

    def _hear(self) -> int:
        said = self._told.recv(32)
        if not said:
            raise RuntimeError("the process that forks dbt has gone")
        return int(said)

    def poll(self) -> int | None:
        if self.returncode is None and select.select([self._told], [], [], 0)[0]:
            self.returncode = self._hear()
            self._told.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None and not select.select([self._told], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("dbt", timeout or 0)
        code = self.poll()
        assert code is not None
        return code

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


@cache
def orders() -> socket.socket:
    """Where orders go; the process that takes them starts with the first, and ends with whoever can ask."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    subprocess.Popen(
        [sys.executable, "-m", "tests.forked_dbt", str(theirs.fileno())],
        cwd=PROJECT_ROOT,
        pass_fds=(theirs.fileno(),),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        # Ctrl-C goes to the tests alone.
        start_new_session=True,
    )
    theirs.close()
    return ours


def _serve(control: socket.socket) -> None:
    import dbt.adapters.postgres.impl
    import dbt.cli.main
    import dbt.task.build  # noqa: F401

    from closedloop.transform import dbt_process

    gc.freeze()
    control.send(READY)
    waiting = selectors.DefaultSelector()
    waiting.register(control, selectors.EVENT_READ)
    while True:
        for key, _ in waiting.select():
            if key.fileobj is control:
                order, descriptors, _, _ = socket.recv_fds(control, _LONGEST, 8)
                if not order:
                    return
                told = socket.socket(fileno=descriptors[0])
                pid = os.fork()
                if not pid:
                    for other in list(waiting.get_map().values()):
                        if other.data:
                            other.data[1].close()
                    _become_dbt(json.loads(order), told, descriptors[1:], dbt_process.main)
                told.send(str(pid).encode())
                for descriptor in descriptors[1:]:
                    os.close(descriptor)
                waiting.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, told))
            else:
                pid, told = key.data
                waiting.unregister(key.fileobj)
                os.close(key.fd)
                code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                with suppress(BrokenPipeError):  # Who asked for it has gone.
                    told.send(str(code).encode())
                told.close()


def _become_dbt(
    order: dict[str, Any], told: socket.socket, descriptors: list[int], main: Callable[[list[str]], int]
) -> NoReturn:
    told.close()
    os.setsid()
    for number, descriptor in zip((0, 2), descriptors, strict=False):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(order["environment"])
    leave(lambda: main([str(descriptors[2]), *order["arguments"]]))


def leave(work: Callable[[], Any]) -> NoReturn:
    """Do the work of a forked process and end it as an interpreter ends."""
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


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
