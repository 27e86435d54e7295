"""What the smaller loops have in common: items as columns, links to earlier items, weighted draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from closedloop.demo import city
from closedloop.demo.clock import CUT, END, NEVER, as_text
from closedloop.demo.numbering import numbers


@dataclass
class Items:
    """Work items of one loop. ``opened`` in wall seconds; ``outcome`` is known from ``outcome_at``."""

    loop: str
    prefix: str
    opened_by: str
    station: np.ndarray
    opened: np.ndarray
    columns: dict[str, np.ndarray]
    due: np.ndarray | None = None
    outcome: np.ndarray | None = None
    outcome_at: np.ndarray | None = None
    early_outcome: np.ndarray | None = None  # known from early_outcome_at until outcome_at
    early_outcome_at: np.ndarray | None = None
    odd_station: np.ndarray | None = None  # a code nobody knows, '' where the station is named properly

    def __post_init__(self) -> None:
        self.ids = numbers(self.prefix, self.opened, width=4)

    def __len__(self) -> int:
        return len(self.opened)

    def frame(self, key: str, known_until: int) -> pl.DataFrame:
        """The table as exported at ``known_until``: one row per item opened by then."""
        horizon = np.minimum(np.where(self.station == city.MISSING, CUT, END), known_until)
        station = city.IDS[self.station]
        if self.odd_station is not None:
            station = np.where(self.odd_station != "", self.odd_station, station)
        data: dict[str, pl.Series | np.ndarray] = {
            key: self.ids,
            "source_no": pl.Series([f"{self.prefix}-{i:07d}" for i in range(1, len(self) + 1)]),
            "station_id": station,
            self.opened_by: as_text(self.opened),
        }
        for name, values in self.columns.items():
            data[name] = pl.Series(values).cast(pl.String).replace("", None)
        if self.due is not None:
            data["due_at"] = as_text(self.due)
        if self.outcome is not None:
            assert self.outcome_at is not None and self.early_outcome is not None
            assert self.early_outcome_at is not None
            known = np.where(self.outcome_at < horizon, self.outcome, "")
            early = (self.early_outcome_at < horizon) & (known == "")
            data["outcome"] = pl.Series(np.where(early, self.early_outcome, known)).replace("", None)
        return pl.DataFrame(data).filter(pl.Series(self.opened < horizon)).sort(self.opened_by, key)


def odd_codes(n: int, rows: np.ndarray) -> np.ndarray:
    """Station codes that no catalogue knows, at the given positions of ``n``."""
    codes = np.full(n, "", dtype="<U8")
    codes[rows] = np.array(city.UNKNOWN_STATIONS)[np.arange(len(rows)) % len(city.UNKNOWN_STATIONS)]
    return codes


def latest_before(
    rng: np.random.Generator,
    station: np.ndarray,
    at: np.ndarray,
    of_station: np.ndarray,
    of_time: np.ndarray,
    back: int,
) -> np.ndarray:
    """For each row one of the last ``back`` items of its station that opened before it; -1 if none.

    ``of_station`` and ``of_time`` describe the items looked among, in any order.
    """
    found = np.full(len(at), -1)
    for s in range(city.COUNT):
        rows = np.flatnonzero(station == s)
        pool = np.flatnonzero(of_station == s)
        pool = pool[np.argsort(of_time[pool], kind="stable")]
        last = np.searchsorted(of_time[pool], at[rows], side="left") - 1
        chosen = last - rng.integers(0, back, len(rows))
        ok = chosen >= 0
        found[rows[ok]] = pool[chosen[ok]]
    return found


def pick(rng: np.random.Generator, n: int, options: dict[str, float]) -> np.ndarray:
    """``n`` draws from weighted names."""
    names, weights = np.array(list(options)), np.array(list(options.values()), dtype=float)
    return names[np.searchsorted(np.cumsum(weights / weights.sum())[:-1], rng.random(n), side="right")]


def first(*times: np.ndarray) -> np.ndarray:
    """The earliest of several moments, row by row."""
    return np.minimum.reduce(times)


def last(*times: np.ndarray) -> np.ndarray:
    """The latest that happened, row by row; ``NEVER`` when none did."""
    stacked = np.stack([np.where(t < NEVER, t, -1) for t in times])
    latest = stacked.max(axis=0)
    return np.where(latest < 0, NEVER, latest)
