"""A memory of answers that is bounded, forgets by itself, and works each answer out once.

Everything that an answer depends on belongs into its key; nothing here knows who asks. Values are kept
pickled and packed: everybody is handed a copy of their own, whatever it is made of, and what it takes is
known. A data frame of one row takes 13 KB as it stands, and 1 as it is kept.
"""

from __future__ import annotations

import pickle
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")

#: Bytes that an entry takes besides its value and the text of its key: objects, and where it is found.
ENTRY = 2048


@dataclass(slots=True)
class _Entry:
    packed: bytes
    size: int
    until: float


def packed(value: object) -> bytes:
    """A value as it is kept: a fifth of its size or the half, for a tenth of what reading a frame costs."""
    return zlib.compress(pickle.dumps(value, pickle.HIGHEST_PROTOCOL), 1)


def _unpacked(kept: bytes) -> Any:
    return pickle.loads(zlib.decompress(kept))


def _entry(key: Hashable, value: object, until: float) -> _Entry:
    content = packed(value)
    # What stands in an address comes into a key, and may be as long as its writer likes.
    return _Entry(content, len(content) + len(repr(key).encode()) + ENTRY, until)


@dataclass
class _Making:
    lock: threading.Lock = field(default_factory=threading.Lock)
    waiting: int = 0


class Kept:
    """At most ``room`` bytes of values, each for at most ``seconds``; what was used longest ago goes first.

    A value that takes more than an eighth of the room, with its key, is handed out and not kept. Whoever asks
    for what somebody else is working out waits for that; when it fails, the next one tries.
    """

    def __init__(self, room: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._room = room
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._making: dict[Hashable, _Making] = {}
        #: Bytes held now.
        self.held = 0

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value kept under ``key``, else ``make()``, whose errors are the caller's and are not kept.

        What is returned is the caller's own to change.
        """
        found = self._find(key)
        if found is not None:
            return _unpacked(found.packed)
        with self._lock:
            making = self._making.setdefault(key, _Making())
            making.waiting += 1
        try:
            with making.lock:
                found = self._find(key)
                if found is not None:
                    return _unpacked(found.packed)
                value = make()
                self._put(key, value)
                return value
        finally:
            with self._lock:
                making.waiting -= 1
                if not making.waiting:
                    self._making.pop(key, None)

    def find(self, key: Hashable) -> Any | None:
        """A copy of the value kept under ``key``, None where there is none."""
        found = self._find(key)
        return None if found is None else _unpacked(found.packed)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self.held = 0

    def __len__(self) -> int:
        return len(self._entries)

    def _find(self, key: Hashable) -> _Entry | None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            if entry.until <= self._clock():
                self._drop(key)
                return None
            self._entries.move_to_end(key)
            return entry

    def _put(self, key: Hashable, value: object) -> None:
        entry = _entry(key, value, self._clock() + self._seconds)
        if entry.size > self._room // 8:
            return
        with self._lock:
            if key in self._entries:
                self._drop(key)
            self._entries[key] = entry
            self.held += entry.size
            while self.held > self._room:
                self._drop(next(iter(self._entries)))

    def _drop(self, key: Hashable) -> None:
        self.held -= self._entries.pop(key).size
