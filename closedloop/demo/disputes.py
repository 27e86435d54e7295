"""Disputes (矛盾纠纷) and dispute leads: found, assigned, mediated in rounds, resolved or held stable."""

from __future__ import annotations

from typing import Any

import numpy as np

from closedloop.demo import city
from closedloop.demo.clock import (
    CENTRE_OPENS,
    CUT,
    DAY,
    END,
    HOUR,
    MINUTE,
    NEVER,
    START,
    at_office,
    day_of,
    happened,
    lag,
    later,
    only,
    waking,
    wall,
)
from closedloop.demo.incidents import CATEGORIES, Incidents
from closedloop.demo.items import Items, first, latest_before, pick
from closedloop.demo.places import Places
from closedloop.demo.plan import Plan
from closedloop.demo.rhythm import days_from_spring_festival, spread
from closedloop.demo.stream import Stream

_TYPES = {
    "damage": 0.22,
    "debt": 0.13,
    "neighbour": 0.14,
    "family": 0.15,
    "labour": 0.08,
    "land": 0.05,
    "demolition": 0.02,
    "property_dispute": 0.06,
    "medical": 0.015,
    "consumer": 0.05,
    "campus": 0.015,
    "traffic_damage": 0.04,
    "noise": 0.02,
    "other_dispute": 0.02,
}
_LEAD_DEPARTMENT = {
    "labour": "renshe",
    "debt": "fayuan",
    "family": "fulian",
    "land": "ziran",
    "demolition": "zhenjie",
    "property_dispute": "zhujian",
    "medical": "weijian",
    "consumer": "shijian",
    "campus": "jiaoyu",
    "neighbour": "cunshe",
    "damage": "sifa",
    "traffic_damage": "sifa",
    "noise": "shengtai",
    "other_dispute": "zhengfa",
}
#: The demo's own idea of how long a dispute may take, in days, by severity.
_TAKES = {"red": 6.0, "yellow": 11.0, "blue": 16.0}
#: When the leads were found that stay without resolution.
_UNRESOLVED_FOUND = (wall("2025-02-20"), wall("2025-04-10"))
_LAST_LEAD = wall("2025-04-24 21:00")


def build(plan: Plan, incidents: Incidents, where: Places, stream: Stream) -> Items:
    """All disputes with their events. The leads since 2024-08-01 and their outcomes are planned counts."""
    rng = plan.rng("disputes")
    found, unresolved = _found(rng, plan)
    n = len(found)
    station = city.draw_stations(rng, n)
    # The missing station's last day is not exported; none of its leads may depend on it.
    depends = found >= CUT - 16 * DAY
    depends[unresolved] = True
    station = np.where(depends & (station == city.MISSING), city.index("S10"), station)

    kind = pick(rng, n, _TYPES)
    before_festival = days_from_spring_festival(day_of(found))
    wages = (before_festival >= -35) & (before_festival < 0) & (rng.random(n) < 0.22)
    kind = np.where(wages, "labour", kind)
    severity = pick(rng, n, {"red": 0.07, "yellow": 0.30, "blue": 0.63})
    source = pick(rng, n, {"incident": 0.5, "patrol": 0.12, "visit": 0.14, "grid": 0.16, "volunteer": 0.08})
    is_dispute_call = np.isin(
        CATEGORIES[incidents.final], ("dispute", "nonpolice_dispute", "domestic_violence")
    )
    calls = np.flatnonzero(is_dispute_call & (incidents.merged_into < 0) & ~incidents.entered_late)
    caller = latest_before(rng, station, found, incidents.station[calls], incidents.received[calls], back=4)
    linked = (source == "incident") & (caller >= 0)
    incident = calls[np.maximum(caller, 0)]
    source = np.where((source == "incident") & ~linked, "grid", source)
    has_lead_department = rng.random(n) < 0.34
    department = np.where(has_lead_department, [_LEAD_DEPARTMENT[k] for k in kind], "")
    place = np.where(linked, incidents.place[incident], where.draw(rng, station, np.zeros(n, dtype=bool)))

    course = _course(rng, found, station, severity, unresolved)
    severity = course["severity"]
    _emit(rng, stream, station, found, severity, course, department)
    stabilised = course["stabilise"]
    return Items(
        loop="dispute",
        prefix="JF",
        opened_by="found_at",
        station=station,
        opened=found,
        columns={
            "source": source,
            "incident_id": np.where(linked, incidents.ids[incident], ""),
            "dispute_type": kind,
            "severity": severity,
            "place": where.text[place],
            "place_key": where.key[place],
            "lead_department_id": department,
        },
        outcome=course["outcome"],
        outcome_at=course["conclude"],
        early_outcome=np.full(n, "stabilised"),
        early_outcome_at=stabilised,
    )


def _found(rng: np.random.Generator, plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    """``(found, unresolved)``: early ones thin out, then the planned leads, two of them on the last day."""
    days = np.arange(day_of(np.int64(START)), day_of(np.int64(CENTRE_OPENS)))
    thinning = np.linspace(1.35, 0.7, len(days))
    early = spread(rng, plan.early_disputes, START, CENTRE_OPENS, office=False, weights=thinning)
    others = plan.leads - plan.unresolved_leads - 2
    leads = spread(rng, others, CENTRE_OPENS, wall("2025-04-23"), office=False)
    unresolved = spread(rng, plan.unresolved_leads, *_UNRESOLVED_FOUND, office=False)
    today = np.sort(rng.integers(wall("2025-04-24 10:00"), _LAST_LEAD, 2))
    found = np.concatenate((early, leads, unresolved, today))
    first = len(early) + len(leads)
    return found, np.arange(first, first + len(unresolved))


def _course(
    rng: np.random.Generator,
    found: np.ndarray,
    station: np.ndarray,
    severity: np.ndarray,
    unresolved: np.ndarray,
) -> dict[str, Any]:
    """Times of every stage and move of every dispute, its outcome and severity."""
    n = len(found)
    lead = found >= CENTRE_OPENS
    slow = city.SLOW[station]
    takes = np.array([_TAKES[s] for s in severity]) * DAY
    assign = found + np.maximum(3 * MINUTE, lag(rng, n, 1.6 * HOUR * slow, 0.9)).astype(np.int64)
    first_round = lag(rng, n, np.where(severity == "red", 7 * HOUR, 26 * HOUR) * slow, 0.75)
    rounds = 1 + np.searchsorted([0.46, 0.78, 0.93], rng.random(n), side="right")
    duration = np.maximum(lag(rng, n, takes * 0.6 * slow, 0.75), 9 * HOUR)

    # Leads end before the data does: their end is planned, so their pace is scaled to the time there is.
    limit = np.where(station == city.MISSING, CUT, END) - 2 * HOUR - found
    duration = np.where(lead, np.minimum(duration, limit * (0.35 + 0.6 * rng.random(n))), duration)
    first_round = np.minimum(first_round, duration * (0.3 + 0.3 * rng.random(n)))
    assign = np.minimum(assign, found + (first_round * 0.5).astype(np.int64))
    conclude = found + duration.astype(np.int64)
    unhurried = ~lead | (limit > 20 * DAY)
    conclude = np.where(unhurried, waking(rng, conclude), conclude)
    mediate = [found + first_round.astype(np.int64)]
    for r in range(1, 4):
        share = np.minimum(first_round + (duration - first_round) * r / (rounds + 0.3), duration * 0.97)
        mediate.append(only(rounds > r, found + share.astype(np.int64)))

    outcome = pick(rng, n, {"resolved": 0.93, "litigation": 0.035, "transferred": 0.035})
    stabilise = only(
        rng.random(n) < 0.06, found + (first_round + 0.6 * (duration - first_round)).astype(np.int64)
    )
    outcome = np.where(lead, "resolved", outcome)
    severity = severity.copy()
    _unresolved(unresolved, found, severity, outcome, conclude, stabilise, mediate)

    stuck = ~lead & (rng.random(n) < 0.016 * slow)
    conclude = np.where(stuck, later(conclude, rng.exponential(260 * DAY, n)), conclude)
    cancel = only(~lead & (rng.random(n) < 0.012), found + (duration * 0.5).astype(np.int64))
    gone = happened(cancel)
    conclude = np.where(gone, NEVER, conclude)
    stabilise = np.where(gone, NEVER, stabilise)
    mediate = [only(~gone | (m < cancel), m) for m in mediate]
    return {
        "assign": only((rng.random(n) >= 0.012) & ~(gone & (assign > cancel)), assign),
        "mediate": mediate,
        "stabilise": only(stabilise < conclude, stabilise),
        "conclude": conclude,
        "outcome": outcome,
        "cancel": cancel,
        "severity": severity,
    }


def _unresolved(
    rows: np.ndarray,
    found: np.ndarray,
    severity: np.ndarray,
    outcome: np.ndarray,
    conclude: np.ndarray,
    stabilise: np.ndarray,
    mediate: list[np.ndarray],
) -> None:
    """The planned leads without resolution, in turn: gone to court, held stable (yellow), open (red)."""
    for i, row in enumerate(rows):
        if i % 3 == 0:
            outcome[row] = "litigation"
            continue
        severity[row] = "yellow" if i % 3 == 1 else "red"
        held = found[row] + 9 * DAY
        stabilise[row] = held if i % 3 == 1 else NEVER
        for m in mediate:
            m[row] = m[row] if m[row] < held else NEVER
        conclude[row] = NEVER


def _emit(
    rng: np.random.Generator,
    stream: Stream,
    station: np.ndarray,
    found: np.ndarray,
    severity: np.ndarray,
    course: dict,
    department: np.ndarray,
) -> None:
    """Write the stages, and the moves that hang on them."""
    n = len(found)
    post = city.officer_posts(rng, station)
    conclude, cancel = course["conclude"], course["cancel"]
    stream.stage("dispute", "assign", course["assign"], station=station, post=post)
    for i, at in enumerate(course["mediate"]):
        with_department = np.where((department != "") & (i > 0), department, "")
        stream.stage("dispute", "mediate", at, station=station, post=post, department=with_department)
    stream.stage(
        "dispute", "stabilise", course["stabilise"], station=station, outcome="stabilised", prompt=True
    )
    stream.stage("dispute", "conclude", conclude, station=station, outcome=course["outcome"], prompt=True)
    stream.move("dispute", "cancel", cancel, station=station, outcome="registered_twice")

    quiet = later(conclude, lag(rng, n, 18 * DAY, 0.5))
    revisit = waking(rng, only(rng.random(n) < 0.72, quiet))
    stream.stage("dispute", "revisit", revisit, station=station, post=post)

    whistle = (severity == "red") & (rng.random(n) < 0.5) | (rng.random(n) < 0.01)
    raised = only(whistle, course["mediate"][0] + rng.integers(HOUR, 30 * HOUR, n))
    stream.move("dispute", "escalate", only(raised < conclude, raised), station=station, department="zhengfa")

    allowance = np.select([severity == "red", severity == "yellow"], [13, 27], 41) * DAY
    due = found + allowance
    prolong = ((conclude > due) & (rng.random(n) < 0.5)) | (rng.random(n) < 0.01)
    asked = only(prolong, at_office(rng, due - rng.integers(2, 6, n) * DAY, np.zeros(n)))
    asked = only((asked < conclude) & (asked > course["mediate"][0]) & ~happened(cancel), asked)
    granted = (due + rng.integers(5, 21, n) * DAY) // DAY * DAY + 17 * HOUR
    stream.move("dispute", "extend", asked, station=station, due=granted)
    overdue = (conclude > due) & ~happened(asked) & ~happened(cancel)
    chased = only(overdue & (rng.random(n) < 0.7), later(due, rng.integers(HOUR, 5 * DAY, n)))
    stream.move("dispute", "chase", only(chased < conclude, chased), station=station)

    rise = rng.random(n) < 0.03
    changed = only(rise, course["mediate"][0] + rng.integers(MINUTE, 8 * HOUR, n))
    shade = np.where(severity == "blue", "yellow", np.where(rng.random(n) < 0.6, "red", "blue"))
    shade = np.where(shade == severity, "yellow", shade)
    stream.move(
        "dispute",
        "recolour",
        only(changed < first(conclude, cancel), changed),
        station=station,
        severity=shade,
    )

    # Four in a hundred break out again; a lead reopened late would be open at the end, so those stay closed.
    early_enough = (found < CENTRE_OPENS) | (conclude < CUT - 75 * DAY)
    again = only((rng.random(n) < 0.04) & early_enough & (course["outcome"] == "resolved"), conclude)
    reopened = waking(rng, later(again, np.minimum(lag(rng, n, 24 * DAY, 0.8), 60 * DAY)))
    round_two = waking(rng, later(reopened, np.minimum(lag(rng, n, 2 * DAY, 0.5), 5 * DAY)))
    settled = waking(rng, later(round_two, np.minimum(lag(rng, n, 3 * DAY, 0.6), 6 * DAY)))
    stream.move("dispute", "reopen", reopened, station=station)
    stream.stage("dispute", "mediate", round_two, station=station, post=post, prompt=True)
    stream.stage("dispute", "conclude", settled, station=station, outcome="resolved", prompt=True)
