"""Diversions (非警务分流): what the police hand to the department in charge, and what comes of it."""

from __future__ import annotations

import numpy as np

from closedloop.demo import city
from closedloop.demo.clock import (
    DAY,
    HOUR,
    NEVER,
    at_office,
    happened,
    lag,
    later,
    only,
    wall,
)
from closedloop.demo.incidents import CATEGORIES, Incidents
from closedloop.demo.items import Items, pick
from closedloop.demo.plan import Plan
from closedloop.demo.rhythm import spread
from closedloop.demo.stream import Stream

TOWN_FROM, TOWN_UNTIL = wall("2023-07-31"), wall("2024-01-01")
_RATE_TOWN_THEN, _RATE_TOWN, _RATE_ELSEWHERE = 0.9, 0.45, 0.40

_DEPARTMENTS: dict[str, dict[str, float]] = {
    "nonpolice_dispute": {"sifa": 5, "zhenjie": 3, "cunshe": 3, "fulian": 2, "renshe": 2, "xinfang": 1},
    "nonpolice_help": {"minzheng": 4, "cunshe": 4, "weijian": 2, "zhenjie": 2},
    "public_facility": {"zhujian": 5, "chengguan": 4, "jiaotong": 2},
    "pollution": {"shengtai": 8, "chengguan": 2},
    "forest_water": {"nongye": 5, "ziran": 4},
    "property": {"zhujian": 7, "cunshe": 2},
    "car_moving": {"chengguan": 6, "jiaotong": 3},
    "domestic_violence": {"fulian": 1},
}
#: How long a department takes, as a factor.
_SLOW_DEPARTMENTS = {"chengguan": 1.7, "zhujian": 2.2, "ziran": 1.5}
#: Where a returned diversion goes next.
_INSTEAD = {"zhujian": "chengguan", "chengguan": "zhujian", "sifa": "zhenjie", "cunshe": "zhenjie"}


def build(plan: Plan, incidents: Incidents, stream: Stream) -> Items:
    """All diversions with their events; the incidents concerned get the outcome ``diverted``."""
    rng = plan.rng("diversions")
    chosen, sent = _diverted_calls(rng, plan, incidents)
    incidents.outcome[chosen] = "diverted"
    calls = len(chosen)

    # The town's command room also takes what reaches it over the counter: no incident, the same loop.
    in_window = (incidents.station[chosen] == city.TOWN) & (sent >= TOWN_FROM) & (sent < TOWN_UNTIL)
    counter = plan.town_diversions - int(in_window.sum())
    over_counter = spread(rng, counter, TOWN_FROM, TOWN_UNTIL, office=True)
    kinds = pick(
        rng, counter, {"nonpolice_dispute": 4, "nonpolice_help": 3, "property": 3, "public_facility": 2}
    )

    sent = np.concatenate((sent, over_counter))
    station = np.concatenate((incidents.station[chosen], np.full(counter, city.TOWN)))
    category = np.concatenate((CATEGORIES[incidents.final[chosen]], kinds))
    incident_id = np.concatenate((incidents.ids[chosen], np.full(counter, "")))
    order = np.argsort(sent, kind="stable")
    sent, station, category, incident_id = sent[order], station[order], category[order], incident_id[order]
    department = _departments(rng, category)
    _emit(rng, stream, station, sent, department)
    assert calls + counter == len(sent)
    return Items(
        loop="diversion",
        prefix="FL",
        opened_by="sent_at",
        station=station,
        opened=sent,
        columns={"incident_id": incident_id, "department_id": department, "category": category},
    )


def _diverted_calls(
    rng: np.random.Generator, plan: Plan, incidents: Incidents
) -> tuple[np.ndarray, np.ndarray]:
    """``(positions, sent)`` of the diverted incidents by time of sending, which lies before feedback."""
    n = len(incidents)
    usable = (incidents.merged_into < 0) & happened(incidents.arrived) & happened(incidents.handled)
    usable &= (incidents.handled < incidents.horizon) & ~incidents.entered_late
    start = np.where(usable, incidents.arrived, 0)
    sent = start + (np.where(usable, incidents.handled - start, 0) * (0.3 + 0.6 * rng.random(n))).astype(
        np.int64
    )
    town = incidents.station == city.TOWN
    then = town & (sent >= TOWN_FROM) & (sent < TOWN_UNTIL)
    rate = np.where(then, _RATE_TOWN_THEN, np.where(town, _RATE_TOWN, _RATE_ELSEWHERE))
    chosen = usable & incidents.is_non_police & (rng.random(n) < rate)

    # More than planned at the town's command room would break its count: the surplus was settled on the spot.
    surplus = np.flatnonzero(chosen & then)
    if len(surplus) > plan.town_diversions:
        chosen[rng.choice(surplus, len(surplus) - plan.town_diversions, replace=False)] = False

    # What must never happen and does: calls about domestic violence that were diverted.
    wrongly = np.flatnonzero(
        usable & (CATEGORIES[incidents.final] == "domestic_violence") & (sent >= wall("2025-01-01")) & ~then
    )
    chosen[rng.choice(wrongly, min(4, len(wrongly)), replace=False)] = True
    rows = np.flatnonzero(chosen)
    rows = rows[np.argsort(sent[rows], kind="stable")]
    return rows, sent[rows]


def _departments(rng: np.random.Generator, category: np.ndarray) -> np.ndarray:
    """A department in charge for each category."""
    department = np.empty(len(category), dtype="<U12")
    for kind, options in _DEPARTMENTS.items():
        rows = np.flatnonzero(category == kind)
        department[rows] = pick(rng, len(rows), options)
    return department


def _emit(
    rng: np.random.Generator, stream: Stream, station: np.ndarray, sent: np.ndarray, department: np.ndarray
) -> None:
    """Accepted or returned, done, fed back; chased, prolonged, cancelled and reopened."""
    n = len(sent)
    pace = np.array([_SLOW_DEPARTMENTS.get(d, 1.0) for d in department])
    waits = np.searchsorted([0.62, 0.93, 0.98], rng.random(n) ** (1 / pace**0.5), side="right")

    returned = rng.random(n) < 0.07
    back = at_office(rng, only(returned, sent), waits)
    instead = np.array([_INSTEAD.get(d, "zhengfa") for d in department])
    stream.move("diversion", "return", back, station=station, department=department, outcome="not_in_charge")
    again = at_office(rng, later(back, 20 * 60), np.zeros(n))
    by_move = returned & (rng.random(n) < 0.4)
    stream.move("diversion", "reassign", only(by_move, again), station=station, department=instead)
    stream.stage("diversion", "send", only(~by_move, again), station=station, department=instead)
    holder = np.where(returned, instead, department)
    asked_at = np.where(returned, again, sent)

    accept = at_office(rng, asked_at, waits)
    hole = rng.random(n)
    days = np.floor(lag(rng, n, 2.1 * pace, 0.75))
    forgotten = rng.random(n) < 0.006 * pace
    done = at_office(rng, accept, days)
    done = np.where(forgotten, later(done, rng.exponential(45 * DAY, n)), done)
    fed_back = at_office(rng, done, np.searchsorted([0.5, 0.85, 0.96], rng.random(n), side="right"))

    cancel = only((rng.random(n) < 0.010) & ~returned, sent + rng.integers(HOUR, 30 * HOUR, n))
    gone = happened(cancel)
    accept = only(~gone | (accept < cancel), accept)
    done, fed_back = only(~gone, done), only(~gone, fed_back)
    stream.move("diversion", "cancel", cancel, station=station, outcome="caller_withdrew")
    stream.stage("diversion", "accept", only(hole >= 0.007, accept), station=station, department=holder)
    stream.stage(
        "diversion",
        "finish",
        only((hole < 0.007) | (hole >= 0.017), done),
        station=station,
        department=holder,
    )
    stream.stage("diversion", "feedback", fed_back, station=station)

    due = at_office(rng, accept, np.full(n, 5)) // DAY * DAY + 17 * HOUR
    due = np.where(happened(accept), due, NEVER)
    prolonged = ((done > due) & (rng.random(n) < 0.25)) & happened(done)
    granted = only(prolonged, due - rng.integers(3 * HOUR, 30 * HOUR, n))
    granted = only(granted > accept, granted)
    stream.move(
        "diversion",
        "extend",
        granted,
        station=station,
        department=holder,
        due=due + rng.integers(3, 10, n) * DAY,
    )
    overdue = (done > due) & ~happened(granted) & ~gone
    chased = only(overdue & (rng.random(n) < 0.45), later(due, rng.integers(16 * HOUR, 60 * HOUR, n)))
    stream.move("diversion", "chase", only(chased < done, chased), station=station, department=holder)

    unhappy = only(rng.random(n) < 0.013, fed_back)
    reopened = at_office(rng, unhappy, rng.integers(1, 9, n))
    redo = at_office(rng, reopened, np.zeros(n))
    redone = at_office(rng, redo, rng.integers(1, 7, n))
    answered = at_office(rng, redone, rng.integers(0, 3, n))
    stream.move(
        "diversion", "reopen", reopened, station=station, department=holder, outcome="caller_not_satisfied"
    )
    stream.stage("diversion", "accept", redo, station=station, department=holder)
    stream.stage("diversion", "finish", redone, station=station, department=holder)
    stream.stage("diversion", "feedback", answered, station=station)
