"""Time in the demo: wall seconds, the three moments everything turns on, and the working calendar.

A *wall second* is the local wall clock of the demo city counted in seconds from 1970-01-01 00:00 (int64).
China has one zone and no summer time, so differences of wall seconds are real durations. ``NEVER`` stands
for "did not happen"; it is larger than every moment, so comparisons with a horizon need no special case.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

MINUTE, HOUR, DAY = 60, 3600, 86_400
NEVER = np.int64(2**60)
REFERENCE = Path(__file__).resolve().parents[2] / "seeds" / "reference"


def wall(text: str) -> int:
    """Wall second of ``'YYYY-MM-DD[ HH:MM[:SS]]'``."""
    return int(np.datetime64(text.replace(" ", "T"), "s").astype(np.int64))


#: First day of the data, the moment the history was exported, the moment of the last daily export.
START = wall("2023-04-25")
CUT = wall("2025-04-24 08:00")
END = wall("2025-04-25 08:00")
#: The foundation control centre begins its work: more directives; dispute leads are screened first.
CENTRE_OPENS = wall("2024-08-01")


def day_of(at: np.ndarray | np.int64) -> Any:
    """Days since 1970-01-01 of wall seconds."""
    return at // DAY


def hour_of(at: np.ndarray) -> np.ndarray:
    """Hour of the day, 0–23."""
    return at % DAY // HOUR


def weekday_of(at: np.ndarray) -> np.ndarray:
    """Day of the week, 0 = Monday (1970-01-01 was a Thursday)."""
    return (at // DAY + 3) % 7


def happened(at: np.ndarray) -> np.ndarray:
    """True where the moment is not ``NEVER``."""
    return at < NEVER


def later(at: np.ndarray, lag: np.ndarray | int) -> np.ndarray:
    """``at + lag`` in whole seconds; ``NEVER`` stays ``NEVER``."""
    moved = at + np.asarray(lag).astype(np.int64)
    return np.where(happened(at), moved, NEVER)


def only(mask: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The moments where ``mask`` holds, ``NEVER`` elsewhere."""
    return np.where(mask, at, NEVER)


def lag(rng: np.random.Generator, n: int, median: float | np.ndarray, sigma: float) -> np.ndarray:
    """Log-normal delays in seconds around ``median`` seconds."""
    return median * np.exp(sigma * rng.standard_normal(n))


def waking(rng: np.random.Generator, at: np.ndarray) -> np.ndarray:
    """Move what falls between 22:30 and 07:30 to the following morning (07:30 to 10:30)."""
    second = at % DAY
    morning = at - second + 7 * HOUR + 30 * MINUTE + rng.integers(0, 3 * HOUR, len(at))
    early, night = second < 7 * HOUR + 30 * MINUTE, second > 22 * HOUR + 30 * MINUTE
    return np.where(~happened(at), NEVER, np.where(early, morning, np.where(night, morning + DAY, at)))


@lru_cache(maxsize=1)
def _calendar() -> tuple[np.ndarray, np.ndarray, int]:
    """``(working days up to and including a day, the working days, first day)`` from the seed."""
    seed = pl.read_csv(
        REFERENCE / "calendar.csv", columns=["calendar_date", "is_workday"], try_parse_dates=True
    )
    seed = seed.filter(pl.col("calendar_date").dt.year().is_between(2023, 2026)).sort("calendar_date")
    days = seed["calendar_date"].cast(pl.Int32).to_numpy().astype(np.int64)
    is_workday = seed["is_workday"].to_numpy().astype(bool)
    return np.cumsum(is_workday), days[is_workday], int(days[0])


def is_workday(at: np.ndarray) -> np.ndarray:
    """True on a working day of the official calendar, swapped days included."""
    sequence, _, first = _calendar()
    index = day_of(at) - first
    return sequence[index] > np.where(index > 0, sequence[index - 1], 0)


def at_office(rng: np.random.Generator, at: np.ndarray, working_days: np.ndarray) -> np.ndarray:
    """A moment in office hours (09:00–17:00), ``working_days`` working days after ``at``.

    Zero means the same day while the office is still open, else the next working day's morning.
    """
    sequence, workdays, first = _calendar()
    real = np.where(happened(at), at, START)
    second = real % DAY
    day = day_of(real)
    index = np.clip(day - first, 0, len(sequence) - 1)
    now_open = is_workday(real) & (second < 16 * HOUR)
    same_day = (working_days <= 0) & now_open
    ahead = np.maximum(working_days, 1).astype(np.int64)
    target = workdays[np.clip(sequence[index] + ahead - 1, 0, len(workdays) - 1)]
    spread = rng.random(len(real))
    opens = np.maximum(second + 5 * MINUTE, 9 * HOUR)
    today = day * DAY + (opens + spread * np.maximum(17 * HOUR - opens, 10 * MINUTE)).astype(np.int64)
    other = target * DAY + (9 * HOUR + spread * 8 * HOUR).astype(np.int64)
    return np.where(happened(at), np.where(same_day, today, other), NEVER)


def as_text(at: np.ndarray, known_until: np.ndarray | int = int(NEVER)) -> pl.Series:
    """``'YYYY-MM-DD HH:MM:SS'``; null where it did not happen before ``known_until``."""
    at = np.asarray(at)
    keep = happened(at) & (at < known_until)
    moments = pl.Series(np.where(keep, at, 0)).cast(pl.Int64) * 1000
    text = moments.cast(pl.Datetime("ms")).dt.to_string("%Y-%m-%d %H:%M:%S")
    return pl.DataFrame({"text": text, "keep": keep}).select(pl.when("keep").then("text"))["text"]


def as_date(at: np.ndarray) -> pl.Series:
    """``'YYYY-MM-DD'``; null for ``NEVER``."""
    return as_text(at).str.head(10)
