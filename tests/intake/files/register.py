"""The files that are made, by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

FOLDER = Path(__file__).parent
MAKERS: dict[str, Callable[[], bytes]] = {}


def file(name: str) -> Callable[[Callable[[], bytes]], Callable[[], bytes]]:
    def remember(make: Callable[[], bytes]) -> Callable[[], bytes]:
        MAKERS[name] = make
        return make

    return remember
