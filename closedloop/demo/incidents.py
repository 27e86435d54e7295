"""Incidents (警情): who calls is never invented, only when, where, what and how the stations worked on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from closedloop.demo import city, places
from closedloop.demo.clock import (
    CUT,
    DAY,
    END,
    HOUR,
    MINUTE,
    START,
    day_of,
    happened,
    hour_of,
    lag,
    only,
    waking,
    wall,
)
from closedloop.demo.numbering import numbers
from closedloop.demo.plan import Plan
from closedloop.demo.rhythm import days_from_spring_festival, spread

NON_POLICE_SHARE = 0.27
INVALID_SHARE = 0.004

POLICE = (
    "criminal",
    "public_order",
    "traffic",
    "fire",
    "dispute",
    "help",
    "report",
    "other",
    "domestic_violence",
)
NON_POLICE = (
    "nonpolice_dispute",
    "nonpolice_help",
    "public_facility",
    "pollution",
    "forest_water",
    "property",
    "car_moving",
)
INVALID = "invalid"
CATEGORIES = np.array([*POLICE, *NON_POLICE, INVALID])
FIRST_NON_POLICE, INVALID_INDEX = len(POLICE), len(CATEGORIES) - 1
#: Weights of the police categories by part of the day: night 0–6, morning rush 7–9, day 10–17, evening 18–23.
_POLICE_MIX = np.array(
    [
        [4.0, 16, 12, 1.6, 24, 13, 2.5, 2.4, 1.7],
        [3.0, 5, 42, 0.9, 13, 12, 4.0, 2.4, 0.5],
        [3.4, 7, 27, 1.2, 22, 15, 5.5, 2.6, 0.7],
        [2.8, 13, 21, 1.6, 28, 13, 3.5, 2.4, 1.4],
    ]
)
_NON_POLICE_MIX = np.array([0.19, 0.24, 0.11, 0.055, 0.035, 0.15, 0.22])
_ON_ROAD = {"traffic": 0.92, "car_moving": 0.55, "public_facility": 0.45}
_SOURCES = np.array(["110", "12345", "walk_in", "app", "other_force"])


@dataclass
class Incidents:
    """One position per incident, ordered by ``received``; times are wall seconds or ``NEVER``."""

    received: np.ndarray
    station: np.ndarray
    horizon: np.ndarray
    initial: np.ndarray  # index into CATEGORIES
    final: np.ndarray
    place: np.ndarray
    dispatched: np.ndarray
    arrived: np.ndarray
    handled: np.ndarray
    closed: np.ndarray
    outcome: np.ndarray
    priority: np.ndarray
    source: np.ndarray
    merged_into: np.ndarray  # position, -1 when not merged
    post: np.ndarray
    reporter: np.ndarray
    elements: np.ndarray
    entered_late: np.ndarray  # only in the last daily export although received before
    ids: np.ndarray
    odd_station: np.ndarray  # a code nobody knows, '' where the station is named properly
    odd_category: np.ndarray  # a category of no catalogue, '' where the final category is one

    def __len__(self) -> int:
        return len(self.received)

    @property
    def is_non_police(self) -> np.ndarray:
        """Which of them are no matter for the police."""
        return (self.final >= FIRST_NON_POLICE) & (self.final < INVALID_INDEX)


def build(plan: Plan, where: places.Places) -> Incidents:
    """All incidents of the two years and what became of them."""
    rng = plan.rng("incidents")
    # A small city still has a last day worth looking at.
    today = max(0, 16 - round(plan.incidents * DAY / (END - START)))
    received = spread(rng, plan.incidents - today, START, END, office=False)
    received = np.sort(np.concatenate((received, spread(rng, today, CUT, END, office=False))))
    station = _stations(rng, received)
    keep = ~((station == city.MISSING) & (received >= CUT))  # never exported
    received, station = received[keep], station[keep]
    n = len(received)

    final = _categories(rng, received, station)
    initial = _first_impression(rng, final)
    on_road = rng.random(n) < np.select(
        [CATEGORIES[final] == k for k in _ON_ROAD], list(_ON_ROAD.values()), 0.06
    )
    place = where.draw(rng, station, on_road)
    place = _call_from_hot_places(rng, plan, where, received, station, final, place)

    priority = np.array(["1", "2", "3", ""])[
        np.searchsorted([0.06, 0.28, 0.985], rng.random(n), side="right")
    ]
    source = _SOURCES[np.searchsorted([0.80, 0.88, 0.95, 0.985], rng.random(n), side="right")]
    on_last_day = np.flatnonzero((received >= CUT) & (source == "walk_in"))
    if not len(on_last_day):
        source[np.flatnonzero(received >= CUT)[:2]] = "walk_in"
    dispatched, arrived, handled, closed = _course(rng, received, station, where.zone[place])
    outcome = _outcomes(rng, final)

    items = Incidents(
        received=received,
        station=station,
        horizon=np.where(station == city.MISSING, CUT, END),
        initial=initial,
        final=final,
        place=place,
        dispatched=dispatched,
        arrived=arrived,
        handled=handled,
        closed=closed,
        outcome=outcome,
        priority=priority,
        source=source,
        merged_into=np.full(n, -1),
        post=city.officer_posts(rng, station),
        reporter=rng.integers(0, max(200, int(n * 0.8)), n),
        elements=np.searchsorted([0.01, 0.03, 0.08, 0.20], rng.random(n), side="right") + 3,
        entered_late=np.zeros(n, dtype=bool),
        ids=numbers("J", received, width=4),
        odd_station=np.full(n, "", dtype="<U8"),
        odd_category=np.full(n, "", dtype="<U8"),
    )
    _habits(rng, items)
    _merge_duplicates(rng, items)
    _late_entries(rng, items)
    _odd_codes(rng, plan, items)
    return items


def _stations(rng: np.random.Generator, received: np.ndarray) -> np.ndarray:
    """Stations by weight; S06 grows by two fifths from mid February 2025 (the new night market)."""
    station = city.draw_stations(rng, len(received))
    grown = city.WEIGHTS.copy()
    grown[city.index("S06")] *= 1.4
    recent = received >= wall("2025-02-15")
    return np.where(recent, city.draw_stations(rng, len(received), grown), station)


def _categories(rng: np.random.Generator, received: np.ndarray, station: np.ndarray) -> np.ndarray:
    """Final category: the planned non-police count spread over days, then within each group by weights."""
    n = len(received)
    final = np.zeros(n, dtype=np.int64)
    part = np.searchsorted([6, 10, 18], hour_of(received), side="right")
    spring = np.abs(days_from_spring_festival(day_of(received))) <= 5
    for p in range(4):
        for festive in (False, True):
            rows = np.flatnonzero((part == p) & (spring == festive))
            mix = _POLICE_MIX[p] * np.array(
                [1, 1, 1, 3.2 if festive else 1, 1, 1, 1, 1, 1.3 if festive else 1]
            )
            final[rows] = np.searchsorted(
                np.cumsum(mix / mix.sum())[:-1], rng.random(len(rows)), side="right"
            )
    # S09 books more and more under "other" from January 2025.
    drifting = (station == city.index("S09")) & (received >= wall("2025-01-01")) & (rng.random(n) < 0.12)
    final[drifting] = POLICE.index("other")

    chosen = _daily_quota(rng, received, city.NON_POLICE[station], round(NON_POLICE_SHARE * n))
    mix = np.cumsum(_NON_POLICE_MIX / _NON_POLICE_MIX.sum())[:-1]
    final[chosen] = FIRST_NON_POLICE + np.searchsorted(mix, rng.random(len(chosen)), side="right")
    rest = np.setdiff1d(np.arange(n), chosen, assume_unique=True)
    final[rng.choice(rest, max(2, round(INVALID_SHARE * n)), replace=False)] = INVALID_INDEX
    return final


def _daily_quota(
    rng: np.random.Generator, received: np.ndarray, weight: np.ndarray, total: int
) -> np.ndarray:
    """Positions of ``total`` rows, spread over days in proportion with half of binomial noise."""
    day = day_of(received) - day_of(received[0])
    sizes = np.bincount(day)
    share = total / len(received)
    quota = sizes * share + 0.5 * np.sqrt(sizes * share * (1 - share)) * rng.standard_normal(len(sizes))
    quota = np.clip(np.floor(quota + rng.random(len(sizes))), 0, sizes).astype(np.int64)
    while (missing := total - quota.sum()) != 0:
        step = int(np.sign(missing))
        room = np.flatnonzero((sizes > quota) if step > 0 else (quota > 0))
        quota[rng.choice(room, min(abs(missing), len(room)), replace=False)] += step
    # Weighted sampling without replacement within each day: the smallest exponential keys win.
    key = rng.exponential(1, len(received)) / weight
    order = np.lexsort((key, day))
    position = np.arange(len(received)) - np.concatenate(([0], np.cumsum(sizes)[:-1]))[day[order]]
    return np.sort(order[position < quota[day[order]]])


def _first_impression(rng: np.random.Generator, final: np.ndarray) -> np.ndarray:
    """The category at reception: 7 % change later, within police or non-police matters."""
    n = len(final)
    initial = final.copy()
    changed = rng.random(n) < 0.07
    police = final < FIRST_NON_POLICE
    initial[changed & police] = rng.integers(0, FIRST_NON_POLICE, int((changed & police).sum()))
    civil = changed & (final >= FIRST_NON_POLICE) & (final < INVALID_INDEX)
    initial[civil] = rng.integers(FIRST_NON_POLICE, INVALID_INDEX, int(civil.sum()))
    initial[final == INVALID_INDEX] = POLICE.index("help")
    return initial


def _call_from_hot_places(
    rng: np.random.Generator,
    plan: Plan,
    where: places.Places,
    received: np.ndarray,
    station: np.ndarray,
    final: np.ndarray,
    place: np.ndarray,
) -> np.ndarray:
    """Give the planted places their calls: rows of their station and hours, moved there."""
    place = place.copy()
    for hot in places.HOT:
        fits = (station == city.index(hot.station_id)) & places.allowed(hot, received)
        fits &= CATEGORIES[final] != "traffic"
        if hot.only_categories:
            fits &= final < FIRST_NON_POLICE
        rows = np.flatnonzero(fits)
        wanted = min(len(rows), plan.count(hot.calls, 6))
        taken = rng.choice(rows, wanted, replace=False)
        place[taken] = where.hot[hot.name]
        if hot.only_categories:
            final[taken] = POLICE.index(hot.only_categories[0])
    return place


def _course(
    rng: np.random.Generator, received: np.ndarray, station: np.ndarray, zone: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Dispatch, arrival, on-scene feedback and closing of every incident."""
    n = len(received)
    slow = city.SLOW[station]
    dispatched = received + np.maximum(8, lag(rng, n, 62, 0.55)).astype(np.int64)
    # The six sectors of 2024-08 brought patrols nearer.
    nearer = np.where(received >= wall("2024-08-01"), 0.86, 1.0)
    by_zone = np.select([zone == 1, zone == 3], [4.6, 6.2], 8.0) * MINUTE
    arrived = dispatched + np.maximum(40, lag(rng, n, by_zone * nearer * slow**0.4, 0.40)).astype(np.int64)
    handled = arrived + np.maximum(90, lag(rng, n, 31 * MINUTE * slow**0.3, 0.72)).astype(np.int64)
    closing = lag(rng, n, 8.5 * HOUR * slow, 1.05)
    forgotten = rng.random(n) < 0.0012 * slow**2
    closing = closing + forgotten * rng.exponential(20 * DAY, n)
    closed = waking(rng, handled + np.maximum(4 * MINUTE, closing).astype(np.int64))

    # One of seventy lacks the time of a stage that was skipped or never entered.
    hole = rng.random(n)
    dispatched = only(hole >= 0.002, dispatched)
    arrived = only((hole < 0.002) | (hole >= 0.010), arrived)
    handled = only((hole < 0.010) | (hole >= 0.014), handled)
    return dispatched, arrived, handled, closed


def _outcomes(rng: np.random.Generator, final: np.ndarray) -> np.ndarray:
    """Result codes by category; diversions are written in by :mod:`closedloop.demo.diversions`."""
    n = len(final)
    name = CATEGORIES[final]
    chance = rng.random(n)
    outcome = np.full(n, "settled_on_scene", dtype="<U16")
    outcome[(name == "criminal") & (chance < 0.955)] = "case_opened"
    outcome[(name == "public_order") & (chance < 0.34)] = "case_opened"
    outcome[(name == "domestic_violence") & (chance < 0.18)] = "case_opened"
    outcome[(name == "traffic") & (chance < 0.30)] = "transferred"
    outcome[(name == "fire") & (chance < 0.70)] = "transferred"
    outcome[np.isin(name, ("dispute", "help", "report")) & (chance > 0.96)] = "transferred"
    outcome[name == INVALID] = "invalid"
    return outcome


def _habits(rng: np.random.Generator, items: Incidents) -> None:
    """Habits: S12 closes just before the cut-off, S14 within minutes, a few before they open."""
    n = len(items)
    real = happened(items.closed)
    second = items.closed % DAY
    next_cut = items.closed - second + DAY + 7 * HOUR + 50 * MINUTE
    rushed = (
        (items.station == city.index("S12")) & (items.received >= wall("2025-03-01")) & (rng.random(n) < 0.35)
    )
    rushed &= real & (second >= 8 * HOUR)
    items.closed = np.where(rushed, next_cut + rng.integers(0, 590, n), items.closed)

    swift = (
        (items.station == city.index("S14")) & (items.received >= wall("2024-10-01")) & (rng.random(n) < 0.05)
    )
    items.dispatched = np.where(swift, items.received + rng.integers(10, 40, n), items.dispatched)
    items.arrived = np.where(swift, items.received + rng.integers(45, 100, n), items.arrived)
    items.handled = np.where(swift, items.received + rng.integers(110, 180, n), items.handled)
    items.closed = np.where(swift, items.received + rng.integers(185, 295, n), items.closed)

    old = np.flatnonzero((items.received < wall("2025-04-01")) & ~swift)
    wrong = rng.choice(old, max(2, n // 3000), replace=False)
    items.closed[wrong] = items.received[wrong] - rng.integers(HOUR, 20 * HOUR, len(wrong))


def _merge_duplicates(rng: np.random.Generator, items: Incidents) -> None:
    """Several callers, one event: a call within twenty minutes of another at the same station joins it."""
    order = np.lexsort((items.received, items.station))
    before = np.empty(len(items), dtype=np.int64)
    before[order[1:]], before[order[0]] = order[:-1], order[0]
    close_by = (items.station[before] == items.station) & (
        items.received - items.received[before] < 20 * MINUTE
    )
    joins = (
        close_by & (before != np.arange(len(items))) & (items.is_non_police == items.is_non_police[before])
    )
    joins &= (
        (items.final != INVALID_INDEX)
        & (items.final[before] != INVALID_INDEX)
        & (rng.random(len(items)) < 0.11)
    )
    joins &= ~joins[before]
    items.merged_into = np.where(joins, before, -1)
    items.place = np.where(joins, items.place[before], items.place)
    items.final = np.where(joins, items.final[before], items.final)
    items.outcome = np.where(joins, "merged", items.outcome)
    for name in ("arrived", "handled", "closed"):
        setattr(items, name, only(~joins, getattr(items, name)))


def _late_entries(rng: np.random.Generator, items: Incidents) -> None:
    """A few calls of the days before were entered only on the last day."""
    recent = (
        (items.received >= CUT - 3 * DAY)
        & (items.received < CUT - 2 * HOUR)
        & (items.station != city.MISSING)
    )
    rows = rng.choice(np.flatnonzero(recent), min(6, int(recent.sum())), replace=False)
    items.entered_late[rows] = True


def _odd_codes(rng: np.random.Generator, plan: Plan, items: Incidents) -> None:
    """Station codes and categories that no catalogue knows; intake accepts them."""
    usable = np.flatnonzero(
        (items.merged_into < 0) & (items.received < CUT - DAY) & (items.station != city.MISSING)
    )
    lost = rng.choice(usable, plan.count(27, 3), replace=False)
    items.odd_station[lost] = np.array(city.UNKNOWN_STATIONS)[np.arange(len(lost)) % 3]
    police = usable[items.final[usable] < FIRST_NON_POLICE]
    rare = rng.choice(police, plan.count(44, 3), replace=False)
    items.odd_category[rare] = np.array(["无人机扰序", "寻物启事", "电动车飞线"])[np.arange(len(rare)) % 3]
