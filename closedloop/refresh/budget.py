"""How long a refresh may take, and being stopped when that has passed."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn


class OutOfTime(KeyboardInterrupt):
    """The budget is used up. It ends what is running as Ctrl-C does: queries are cancelled, dbt is stopped, a
    transaction is rolled back."""

    why = "its time was up"


class Budget:
    """So many seconds from now; ``None`` or 0 is no limit."""

    def __init__(self, seconds: float | None = None) -> None:
        self.began = time.monotonic()
        self.seconds = seconds or None

    @property
    def used(self) -> float:
        """Seconds since the budget was opened."""
        return time.monotonic() - self.began

    @property
    def left(self) -> float:
        """Seconds that remain, never less than 0; infinite without a limit."""
        return float("inf") if self.seconds is None else max(0.0, self.seconds - self.used)

    @contextmanager
    def enforced(self) -> Iterator[None]:
        """Raise OutOfTime in the block, once, when nothing is left. Only in a process's main thread."""
        if self.seconds is None:
            yield
            return
        before = signal.signal(signal.SIGALRM, _raise)
        signal.setitimer(signal.ITIMER_REAL, max(0.001, self.left))
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)


def _raise(signum: int, frame: FrameType | None) -> NoReturn:
    raise OutOfTime
