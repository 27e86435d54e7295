"""What a list must say to be downloaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pandas as pd

from closedloop.ui.visit import Visit


class Params(Protocol):
    """Query parameters of a page or of a request: the last value of a name, or all of them."""

    def get(self, key: str, /) -> str | None:
        """The last value."""

    def get_all(self, key: str, /) -> list[str]:
        """All values."""


@dataclass(frozen=True)
class Exported:
    """The rows of a download.

    ``frame`` holds names instead of ids; times as local datetimes, numbers as numbers, so that a spreadsheet
    sorts by what they mean. ``labels`` gives the header of each of its columns; ``filters`` says in words
    what was left out. ``stations``: those it was narrowed to by a filter of its own, if any.
    """

    frame: pd.DataFrame
    labels: Mapping[str, str]
    filters: Sequence[str] = field(default_factory=tuple)
    stations: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True)
class Export:
    """A list that can be downloaded under ``download/<key>.csv`` and ``download/<key>.xlsx``.

    ``make(visit, params, row_limit)`` puts the same question as the page, through the same reading of the
    address, and returns at most ``row_limit`` rows.
    """

    key: str
    title: Callable[[Visit], str]
    make: Callable[[Visit, Params, int], Exported]
