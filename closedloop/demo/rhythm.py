"""When things happen: the year, the week, the hour, Spring Festival and school holidays.

Weights are relative; a plan's count is spread over days by them, so totals are exact and only the course is
drawn.
"""

from __future__ import annotations

import numpy as np

from closedloop.demo.clock import DAY, HOUR, START, wall, weekday_of

FIRST_DAY = START // DAY
#: New Year's Day of the lunar year.
SPRING_FESTIVALS = tuple(wall(d) // DAY for d in ("2024-02-10", "2025-01-29"))
_NATIONAL_DAYS = tuple((wall(f"{y}-09-29") // DAY, wall(f"{y}-10-07") // DAY) for y in (2023, 2024))
_SCHOOL_HOLIDAYS = tuple(
    (wall(a) // DAY, wall(b) // DAY)
    for a, b in (
        ("2023-07-01", "2023-08-31"),
        ("2024-01-25", "2024-02-25"),
        ("2024-07-01", "2024-08-31"),
        ("2025-01-15", "2025-02-16"),
    )
)

_HOURS_CALLS = [22, 17, 13, 10, 9, 11, 19, 36, 52, 58, 60, 56, 50, 49, 53, 56, 58, 63, 66, 67, 65, 58, 45, 32]
_HOURS_OFFICE = [1, 1, 0, 0, 0, 0, 1, 6, 30, 46, 48, 34, 14, 20, 40, 44, 40, 30, 14, 10, 8, 6, 4, 2]


def in_school_holiday(day: np.ndarray) -> np.ndarray:
    """True in the long holidays of schools."""
    return np.any([(day >= a) & (day <= b) for a, b in _SCHOOL_HOLIDAYS], axis=0)


def days_from_spring_festival(day: np.ndarray) -> np.ndarray:
    """Signed days to the nearest lunar New Year (negative before it)."""
    distance = np.stack([day - s for s in SPRING_FESTIVALS])
    nearest = np.argmin(np.abs(distance), axis=0)
    return np.take_along_axis(distance, nearest[None, :], axis=0)[0]


def call_weights(rng: np.random.Generator, days: np.ndarray) -> np.ndarray:
    """Relative calls per day: season, week, festivals, a slow decline, more noise than Poisson."""
    angle = 2 * np.pi * (days - wall("2024-07-20") // DAY) / 365.25
    weight = 1 + 0.11 * np.cos(angle)
    weight *= np.array([1.0, 0.97, 0.98, 1.0, 1.07, 1.06, 0.99])[(days + 3) % 7]
    spring = days_from_spring_festival(days)
    weight *= np.where(
        (spring >= -2) & (spring <= 6), 0.74, np.where((spring >= -14) & (spring < -2), 1.06, 1)
    )
    for first, last in _NATIONAL_DAYS:
        weight *= np.where((days >= first) & (days <= last), 1.08, 1)
    weight *= 1 - 0.075 * (days - FIRST_DAY) / 730
    return weight * np.exp(0.06 * rng.standard_normal(len(days)))


def office_weights(rng: np.random.Generator, days: np.ndarray) -> np.ndarray:
    """Relative number of things an office starts per day: weekdays, hardly any at Spring Festival."""
    weight = np.array([1.15, 1.05, 1.0, 1.0, 1.05, 0.5, 0.4])[(days + 3) % 7]
    spring = days_from_spring_festival(days)
    weight = weight * np.where((spring >= -1) & (spring <= 5), 0.3, 1)
    return weight * np.exp(0.15 * rng.standard_normal(len(days)))


def spread(
    rng: np.random.Generator,
    n: int,
    first: int,
    last: int,
    *,
    office: bool,
    weights: np.ndarray | None = None,
) -> np.ndarray:
    """``n`` sorted wall seconds in ``[first, last)``.

    ``weights`` (per calendar day from the day of ``first``) multiply the usual rhythm.
    """
    days = np.arange(first // DAY, (last - 1) // DAY + 1)
    weight = (office_weights if office else call_weights)(rng, days)
    if weights is not None:
        weight = weight * weights
    hours = np.array(_HOURS_OFFICE if office else _HOURS_CALLS, dtype=float)
    # A day cut by the window keeps only the hours inside it: all hours of all days are one table of weights.
    table = weight[:, None] * (hours / hours.sum())[None, :]
    opens = days[:, None] * DAY + np.arange(24)[None, :] * HOUR
    inside = np.clip(np.minimum(opens + HOUR, last) - np.maximum(opens, first), 0, HOUR) / HOUR
    table = table * inside
    if not office:
        weekend_night = np.isin((days + 3) % 7, (4, 5))
        table[np.ix_(weekend_night, np.arange(20, 24))] *= 1.25
    cumulative = np.cumsum(table.ravel())
    slot = np.searchsorted(cumulative / cumulative[-1], rng.random(n), side="right")
    slot = np.minimum(slot, table.size - 1)
    low = np.maximum(opens.ravel()[slot], first)
    high = np.minimum(opens.ravel()[slot] + HOUR, last)
    return np.sort(low + (rng.random(n) * (high - low)).astype(np.int64))


def is_weekend_evening(at: np.ndarray) -> np.ndarray:
    """Friday and Saturday, 20:00 to 03:00 of the next day."""
    shifted = at - 3 * HOUR
    return np.isin(weekday_of(shifted), (4, 5)) & (shifted % DAY >= 17 * HOUR)
