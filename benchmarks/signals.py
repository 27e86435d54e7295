"""False alarms and delay of each rule, on simulated stations and places where the truth is known.

    python -m benchmarks.signals [--cities 40] [--places 20000] [--seed 20250425]

Stations: cities of 15, 2 to 40 events a day, three years: a weekly season (busy Fridays and Saturdays), a
yearly one of ±8 %, days that differ beyond chance (φ about 1.5). Two years are history; in the third either
nothing happens, or one of +30 % and +100 % begins on a random day and stays. Places: one city, most of them
quiet, a twentieth of the events followed by another within three days; 40 of them become repeat places, an
event every five days on top.

A rule speaks at the end of its period (a day, a week, a month) and then, at that station or place, is silent
for 28 days; every such time while nothing happens is a false alarm. Delay: days from the beginning to the
rule's first word after it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from time import perf_counter

import numpy as np

from closedloop.statistics.ears import ears
from closedloop.statistics.exceedance import benjamini_hochberg, place_exceedance, place_prior
from closedloop.statistics.recent import WINDOWS, recent_change
from closedloop.statistics.xmr import xmr

STATIONS = 15
YEAR = 364
DAYS = 3 * YEAR
START = 2 * YEAR
MONTH = 28
SILENCE = 28
WEEKDAYS = np.array([0.95, 0.92, 0.93, 0.98, 1.10, 1.14, 0.98])
Alarms = np.ndarray
"""Booleans (station, day): the rule speaks at the end of that day."""


def expected_counts(random: np.random.Generator, cities: int) -> np.ndarray:
    """Mean per station and day, without the change. Years of 52 weeks, so that 同比 compares like with
    like.
    """
    usual = np.exp(random.uniform(np.log(2), np.log(40), (cities * STATIONS, 1)))
    day = np.arange(DAYS)
    return usual * WEEKDAYS[day % 7] * (1 + 0.08 * np.sin(2 * np.pi * day / YEAR))


def draw(random: np.random.Generator, mean: np.ndarray, phi: float = 1.5) -> np.ndarray:
    """Counts with that mean and φ times a Poisson count's variance."""
    return random.negative_binomial(mean / (phi - 1), 1 / phi).astype(float)


# What bulletins do


def month_on_year(y: np.ndarray) -> Alarms:
    """同比: a month more than 10 % above or below the same month of last year."""
    return _at_month_ends(y, lambda change, _: np.abs(change) > 0.10)


def three_worst(y: np.ndarray) -> Alarms:
    """The three of the city's fifteen whose month rose most against last year's."""

    def worst(change: np.ndarray, stations: int) -> np.ndarray:
        by_city = change.reshape(-1, stations)
        return (by_city >= np.sort(by_city, axis=1)[:, -3:-2]).ravel()

    return _at_month_ends(y, worst)


def _at_month_ends(y: np.ndarray, judge) -> Alarms:
    alarms = np.zeros(y.shape, dtype=bool)
    for end in range(START + MONTH, DAYS + 1, MONTH):
        now = y[:, end - MONTH : end].sum(axis=1)
        then = y[:, end - MONTH - YEAR : end - YEAR].sum(axis=1)
        alarms[:, end - 1] = judge(now / np.maximum(then, 1) - 1, STATIONS)
    return alarms


# What the product can do


def _weekly(y: np.ndarray, verdict) -> Alarms:
    """A chart of the 26 weeks before, frozen, and this week on it."""
    weeks = y.reshape(y.shape[0], -1, 7).sum(axis=2)
    alarms = np.zeros(y.shape, dtype=bool)
    for week in range(START // 7, DAYS // 7):
        chart = xmr(weeks[:, week - 26 : week + 1], baseline=26)
        alarms[:, 7 * week + 6] = verdict(chart)
    return alarms


def xmr_outside(y: np.ndarray) -> Alarms:
    return _weekly(y, lambda chart: chart.outside[:, -1] != 0)


def xmr_all_rules(y: np.ndarray) -> Alarms:
    return _weekly(y, lambda chart: chart.told[:, -1])


def ears_c2(y: np.ndarray) -> Alarms:
    return _in_third_year(ears(y, min_sigma=1).alarm2)


def ears_c3(y: np.ndarray) -> Alarms:
    return _in_third_year(ears(y, min_sigma=1).alarm3)


def recent_against_half_a_year(y: np.ndarray) -> Alarms:
    """The product's own rule, every day: :mod:`closedloop.statistics.recent`."""
    alarms = np.zeros(y.shape, dtype=bool)
    for length in WINDOWS:
        for day in range(START, DAYS):
            alarms[:, day] |= recent_change(y[:, : day + 1], length).called != 0
    return alarms


def _in_third_year(alarms: Alarms) -> Alarms:
    return alarms & (np.arange(DAYS) >= START)


# What they are worth


def spoken(alarms: Alarms, silence: int = SILENCE) -> Alarms:
    """Alarms without those within ``silence`` days after one that was raised."""
    kept = np.zeros_like(alarms)
    quiet_until = np.full(alarms.shape[0], -1)
    for day in range(alarms.shape[1]):
        raised = alarms[:, day] & (quiet_until < day)
        kept[:, day] = raised
        quiet_until[raised] = day + silence - 1
    return kept


def delays(alarms: Alarms, begins: np.ndarray) -> np.ndarray:
    """Days from the beginning to the first word after it, inclusive; infinite where there was none."""
    after = alarms & (np.arange(alarms.shape[1]) >= begins[:, None])
    return np.where(after.any(axis=1), after.argmax(axis=1) - begins + 1, np.inf)


STATION_RULES = {
    "naive: month ±10 % on last year": month_on_year,
    "naive: three worst of the table": three_worst,
    "XmR weekly, outside only": xmr_outside,
    "XmR weekly, all four rules": xmr_all_rules,
    "EARS C2 daily": ears_c2,
    "EARS C3 daily": ears_c3,
    "7 and 14 days against 26 weeks": recent_against_half_a_year,
}


def station_table(random: np.random.Generator, cities: int) -> Iterator[str]:
    mean = expected_counts(random, cities)
    begins = random.integers(START, START + YEAR // 2, mean.shape[0])
    changed = np.arange(DAYS) >= begins[:, None]
    # In each city the change comes to one station: a table of fifteen has one that is really different.
    one = np.arange(mean.shape[0]) % STATIONS == random.integers(0, STATIONS, cities).repeat(STATIONS)
    worlds = {"nothing": draw(random, mean)}
    for change in (0.3, 1.0):
        worlds[f"+{change:.0%}"] = draw(random, mean * (1 + change * (changed & one[:, None])))
    head = ("at stations", "false per", "+30 % seen", "median", "+100 % seen", "median", "mean")
    units = ("", "station-year", "in 182 d", "days", "in 182 d", "days", "days")
    for names in (head, units):
        yield "{:34}{:>13}{:>12}{:>8}{:>13}{:>8}{:>7}".format(*names)
    for name, rule in STATION_RULES.items():
        false = spoken(rule(worlds["nothing"])).sum() / mean.shape[0]
        cells = []
        for change in ("+30%", "+100%"):
            late = delays(rule(worlds[change]), begins)[one]
            seen = late <= 182
            cells += [seen.mean(), np.median(late), late[seen].mean() if seen.any() else np.inf]
        seen30, median30, _, seen100, median100, mean100 = cells
        yield (
            f"{name:34}{false:>13.2f}{seen30:>12.0%}{median30:>8.0f}"
            f"{seen100:>13.0%}{median100:>8.0f}{mean100:>7.1f}"
        )


def place_table(random: np.random.Generator, places: int) -> Iterator[str]:
    days, repeats = 2 * YEAR, min(40, places)
    daily = random.gamma(0.6, 1 / 100, places)
    events = random.poisson(daily[:, None] / 1.05, (places, days)).astype(np.int16)
    for place, day in zip(*np.nonzero(events), strict=True):
        for _ in range(random.binomial(events[place, day], 0.05)):
            events[place, min(days - 1, day + random.integers(0, 4))] += 1
    chosen = random.choice(places, repeats, replace=False)
    begins = random.integers(YEAR, days - 120, repeats)
    planted = events.copy()
    for place, begin in zip(chosen, begins, strict=True):
        planted[place, begin:] += random.poisson(0.2, days - begin).astype(np.int16)
    yield f"{f'at {places:,} places':34}{'false per':>12}{'repeat place':>14}{'median':>8}{'mean':>7}"
    yield f"{'':34}{'city-week':>12}{'seen in 60 d':>14}{'days':>8}{'days':>7}"
    for name, rule in {
        "naive: 3 in 30 days": _three_in_thirty,
        "own expectation, BH 5 %": lambda y: _expected(y, 0.05),
        "own expectation, BH 20 %": lambda y: _expected(y, 0.20),
    }.items():
        false = spoken(rule(events), 30).sum() / ((days - YEAR) / 7)
        late = delays(np.pad(rule(planted)[chosen], ((0, 0), (YEAR, 0))), begins)
        seen = late <= 60
        yield (
            f"{name:34}{false:>12.2f}{seen.mean():>14.0%}{np.median(late):>8.0f}"
            f"{late[seen].mean() if seen.any() else np.inf:>7.1f}"
        )


def _windows(events: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each day of the second year: counts of the last 30 days, and of the 334 before those."""
    total = np.concatenate(
        [np.zeros((events.shape[0], 1), np.int32), np.cumsum(events, axis=1, dtype=np.int32)], axis=1
    )
    for day in range(YEAR, events.shape[1]):
        yield total[:, day + 1] - total[:, day - 29], total[:, day - 29] - total[:, day - 363]


def _three_in_thirty(events: np.ndarray) -> Alarms:
    return np.stack([now >= 3 for now, _ in _windows(events)], axis=1)


def _expected(events: np.ndarray, rate: float) -> Alarms:
    alarms = np.zeros((events.shape[0], events.shape[1] - YEAR), dtype=bool)
    for day, (now, before) in enumerate(_windows(events)):
        if day % 28 == 0:
            prior = place_prior(before, 334)
        # Below 3 the tail is never small enough to be found; such places count as tests all the same.
        some = np.flatnonzero(now >= 3)
        p = np.ones(now.shape)
        p[some] = place_exceedance(now[some], 30, before[some], 334, prior).p
        alarms[:, day] = benjamini_hochberg(p, rate).found
    return alarms


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--cities", type=int, default=40)
    options.add_argument("--places", type=int, default=20_000)
    options.add_argument("--seed", type=int, default=20250425)
    asked = options.parse_args()
    random, began = np.random.default_rng(asked.seed), perf_counter()
    for line in station_table(random, asked.cities):
        print(line)
    print()
    for line in place_table(random, asked.places):
        print(line)
    print(f"\nseed {asked.seed}, {asked.cities} cities, {perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
