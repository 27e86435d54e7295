"""A refresh that is listened to while it runs, and killed in the part of its course that it says it is in."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from closedloop.settings import PROJECT_ROOT
from tests.refresh.running import Place

#: The parts of a refresh's course, in order; the first three of each file.
PARTS = ("reading", "loading", "moving", "building", "publishing")


@dataclass(frozen=True)
class Heard:
    """A line that a refresh said: when it was heard, when said (both in seconds), of which file, and the part
    of the course that begins with it."""

    heard_at: float
    said_at: float
    file: str
    begins: str | None


@dataclass(frozen=True)
class Course:
    """What a refresh said, and its exit code (-9 when it was killed)."""

    heard: tuple[Heard, ...]
    code: int
    output: str

    @property
    def last_part(self) -> str | None:
        """The part it was in at its end."""
        return next((line.begins for line in reversed(self.heard) if line.begins), None)

    def seconds(self, part: str) -> list[float]:
        """How long it was in this part, each time."""
        began = [line for line in self.heard if line.begins]
        return [b.said_at - a.said_at for a, b in pairwise(began) if a.begins == part]


#: Told of each line: after how many seconds to kill, None to go on.
Killer = Callable[[Heard], float | None]


def nobody(_: Heard) -> float | None:
    """Let it live."""
    return None


class Warm:
    """The process that refreshes are forked from (:mod:`tests.refresh.warm`)."""

    def __init__(self, server: subprocess.Popen[str], folder: Path) -> None:
        self._server = server
        self._fifo = folder / "said"
        os.mkfifo(self._fifo)

    def refresh(self, place: Place, killer: Killer = nobody) -> Course:
        """Refresh; kill its whole process group as soon, and as late, as ``killer`` says."""
        said = os.open(self._fifo, os.O_RDONLY | os.O_NONBLOCK)
        order = {
            "arguments": ["refresh", "--json"],
            "environment": place.environment,
            "output": str(self._fifo),
        }
        print(json.dumps(order), file=self._server.stdin, flush=True)
        pid = int(self._server.stdout.readline())
        try:
            return _Listener(said, self._server, pid, killer).listen()
        finally:
            os.close(said)


class _Listener:
    def __init__(self, said: int, server: subprocess.Popen[str], pid: int, killer: Killer) -> None:
        self.said, self.server, self.pid, self.killer = said, server, pid, killer
        self.text = b""
        self.heard: list[Heard] = []
        self.file = ""
        self.kill_at: float | None = None

    def listen(self) -> Course:
        with selectors.DefaultSelector() as selector:
            selector.register(self.said, selectors.EVENT_READ)
            selector.register(self.server.stdout, selectors.EVENT_READ)
            ended = False
            while not ended:
                left = None if self.kill_at is None else max(0.0, self.kill_at - time.monotonic())
                ready = {key.fileobj for key, _ in selector.select(left)}
                if self.said in ready:
                    self._hear()
                ended = self.server.stdout in ready
                if self.kill_at is not None and time.monotonic() >= self.kill_at and not ended:
                    # It may have ended by itself a moment ago.
                    with suppress(ProcessLookupError):
                        os.killpg(self.pid, signal.SIGKILL)
                    ended = True
            code = int(self.server.stdout.readline())
        self._hear()
        return Course(tuple(self.heard), code, self.text.decode())

    def _hear(self) -> None:
        try:
            new = os.read(self.said, 1 << 20)
        except BlockingIOError:
            return
        begun = self.text.rfind(b"\n") + 1
        self.text += new
        whole = self.text.rfind(b"\n") + 1
        for line in self.text[begun:whole].decode().splitlines():
            if line.startswith("{"):
                heard = self._understood(**json.loads(line))
                self.heard.append(heard)
                if self.kill_at is None and (delay := self.killer(heard)) is not None:
                    self.kill_at = heard.heard_at + delay

    def _understood(self, at: str, event: str, text: str, **_: object) -> Heard:
        begins = None
        match event:
            case "note" if text.startswith("reading "):
                begins, self.file = "reading", text.removeprefix("reading ")
            case "note" if text.startswith("loading "):
                begins = "loading"
            case "file":
                begins = "moving"
            case "build" if text.startswith("a build is due"):
                begins = "building"
            case "build" if text.endswith("publishing"):
                begins = "publishing"
            case "moved" | "end":
                begins = "between"
            case "build" if "published: " in text:
                begins = "between"
        said_at = datetime.fromisoformat(at).timestamp()
        return Heard(time.monotonic(), said_at, self.file, begins)


@contextmanager
def warm(folder: Path) -> Iterator[Warm]:
    """Inside the block refreshes can be forked. ``folder`` is empty."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.refresh.warm"],
        cwd=PROJECT_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout.readline() == "ready\n"
        yield Warm(server, folder)
    finally:
        server.stdin.close()
        server.wait(timeout=30)
        server.stdout.close()
