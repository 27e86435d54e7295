"""The stream of events that are not a column of an export: stages reached and moves made.

Subjects add whole arrays; rows refer to items by position until their numbers are known.
:meth:`Stream.frame` gives each event a number and the moment it was recorded, which for some stations is
days later (补录).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from closedloop.demo import city
from closedloop.demo.clock import CUT, DAY, END, HOUR, NEVER, happened
from closedloop.demo.plan import Plan

#: Order of events that happen at the same second within an item.
_CENTRE_STAGES = {"dispatch", "collect", "inspect", "feedback", "refer", "send"}


@dataclass
class Stream:
    """Events of every loop, collected in the order the subjects add them."""

    plan: Plan
    chunks: list[pl.DataFrame] = field(default_factory=list)

    def stage(self, loop: str, stage: str, at: np.ndarray, **columns) -> None:
        """Every item for which ``at`` happened reaches ``stage`` then."""
        self._add(loop, stage, None, at, **columns)

    def move(self, loop: str, move: str, at: np.ndarray, **columns) -> None:
        """Every item for which ``at`` happened makes ``move`` then."""
        self._add(loop, None, move, at, **columns)

    def _add(
        self,
        loop: str,
        stage: str | None,
        move: str | None,
        at: np.ndarray,
        *,
        station: np.ndarray,
        rows: np.ndarray | None = None,
        outcome: np.ndarray | str | None = None,
        severity: np.ndarray | str | None = None,
        due: np.ndarray | None = None,
        to_station: np.ndarray | None = None,
        post: np.ndarray | None = None,
        department: np.ndarray | None = None,
        recorded: np.ndarray | None = None,
        tag: str | None = None,
        corrects: str | None = None,
        prompt: bool = False,
    ) -> None:
        keep = np.flatnonzero(happened(at))
        if not len(keep):
            return
        n = len(keep)

        def take(values, dtype=pl.String) -> pl.Series:
            if values is None:
                return pl.Series([None], dtype=dtype).new_from_index(0, n)
            if isinstance(values, str):
                return pl.Series([values]).new_from_index(0, n)
            picked = pl.Series(np.asarray(values)[keep])
            return picked.cast(dtype)

        self.chunks.append(
            pl.DataFrame(
                {
                    "loop": take(loop),
                    "item": pl.Series(keep if rows is None else np.asarray(rows)[keep]).cast(pl.Int64),
                    "station": take(station, pl.Int64),
                    "stage": take(stage),
                    "move": take(move),
                    "at": pl.Series(at[keep]).cast(pl.Int64),
                    "recorded": take(recorded, pl.Int64),
                    "outcome": take(outcome),
                    "severity": take(severity),
                    "due": take(due, pl.Int64),
                    "to_station": take(to_station),
                    "post": take(post),
                    "department": take(department),
                    "tag": take(tag),
                    "corrects": take(corrects),
                    "prompt": pl.Series([prompt]).new_from_index(0, n),
                }
            )
        )

    def frame(self, numbers: dict[str, np.ndarray]) -> pl.DataFrame:
        """All events with ``event_id``, ``item_id`` and ``recorded``, ordered by loop, item and time.

        ``numbers`` gives the item numbers of each loop by position.
        """
        events = pl.concat(self.chunks).filter(pl.col("at") < END)
        parts = []
        for loop, ids in numbers.items():
            part = events.filter(pl.col("loop") == loop)
            parts.append(part.with_columns(item_id=pl.Series(ids).gather(part["item"])))
        events = pl.concat(parts).sort("loop", "item_id", "at", maintain_order=True)
        letter = pl.col("loop").replace_strict(
            {"incident": "EJ", "dispute": "EF", "directive": "EZ", "diversion": "EL", "hazard": "EY"}
        )
        serial = pl.int_range(1, pl.len() + 1).over("loop").cast(pl.String).str.zfill(7)
        return self._recorded(events.with_columns(event_id=letter + serial))

    def _recorded(self, events: pl.DataFrame) -> pl.DataFrame:
        """Most is recorded within minutes; station work sometimes days later, at some stations often."""
        rng = self.plan.rng("stream")
        n = len(events)
        at = events["at"].to_numpy()
        station = events["station"].to_numpy()
        by_centre = events["stage"].is_in(list(_CENTRE_STAGES)).fill_null(False).to_numpy()
        soon = rng.integers(5, 900, n)
        chance = np.where(by_centre, 0.002, city.LATE_RECORDING[station])
        late = (rng.random(n) < chance) & ~events["prompt"].to_numpy()
        delay = np.where(late, DAY + HOUR + rng.exponential(2.2 * DAY, n).astype(np.int64), soon)
        known = at + delay
        # What is late must still be known by the end, or the item's story would have a hole.
        exported = np.where(station == city.MISSING, CUT, END)
        known = np.where(
            known < exported, known, np.where(at < exported, np.minimum(at + soon, exported - 1), known)
        )
        given = events["recorded"]
        return events.with_columns(
            recorded=pl.when(given.is_not_null() & (given < NEVER)).then(given).otherwise(pl.Series(known)),
            exported=pl.Series(exported),
        ).filter(pl.col("recorded") < pl.col("exported"))
