"""Hazards (隐患): reported by a station, referred to a department, fixed, verified, struck off."""

from __future__ import annotations

import numpy as np

from closedloop.demo import city
from closedloop.demo.clock import (
    CUT,
    DAY,
    HOUR,
    START,
    at_office,
    day_of,
    happened,
    lag,
    later,
    only,
)
from closedloop.demo.items import Items, pick
from closedloop.demo.places import Places
from closedloop.demo.plan import Plan
from closedloop.demo.rhythm import spread
from closedloop.demo.stream import Stream

#: kind -> (share, title, department)
KINDS = {
    "fire_safety": (0.30, "{place}消防通道堵塞", "xiaofang"),
    "road_crossing": (0.22, "{place}视线不良，缺少标志", "jiaotong"),
    "building": (0.14, "{place}外墙松动", "zhujian"),
    "shop_signs": (0.10, "{place}广告牌固定不牢", "chengguan"),
    "waterside": (0.08, "{place}水边缺少护栏", "nongye"),
    "school_surroundings": (0.08, "{place}上下学时段交通混乱", "jiaoyu"),
    "venue": (0.08, "{place}安全出口上锁", "shijian"),
}
_WORKING_DAYS = {"red": 2, "yellow": 15, "blue": 30}


def build(plan: Plan, where: Places, stream: Stream) -> Items:
    """All hazards with their events."""
    rng = plan.rng("hazards")
    days = np.arange(day_of(np.int64(START)), day_of(np.int64(CUT - 1)) + 1)
    more = np.linspace(0.7, 1.5, len(days))
    opened = spread(rng, plan.hazards, START + 9 * HOUR, CUT, office=True, weights=more)
    n = len(opened)
    station = city.draw_stations(rng, n, city.WEIGHTS**0.6)
    kind = pick(rng, n, {k: v[0] for k, v in KINDS.items()})
    severity = pick(rng, n, {"red": 0.09, "yellow": 0.36, "blue": 0.55})
    place = where.draw(rng, station, np.isin(kind, ("road_crossing", "school_surroundings")))
    title = np.array([KINDS[k][1].format(place=p) for k, p in zip(kind, where.text[place], strict=True)])
    department = np.array([KINDS[k][2] for k in kind])
    due = only(rng.random(n) < 0.22, (opened + rng.integers(5, 40, n) * DAY) // DAY * DAY + 17 * HOUR)
    _emit(rng, stream, station, opened, severity, department)
    return Items(
        loop="hazard",
        prefix="YH",
        opened_by="opened_at",
        station=station,
        opened=opened,
        columns={
            "loop": np.full(n, "hazard"),
            "kind": kind,
            "title": title,
            "severity": severity,
            "department_id": department,
            "place_key": where.key[place],
        },
        due=due,
    )


def _emit(
    rng: np.random.Generator,
    stream: Stream,
    station: np.ndarray,
    opened: np.ndarray,
    severity: np.ndarray,
    department: np.ndarray,
) -> None:
    """Referral, fixing (twice where once was not enough), verification, striking off."""
    n = len(opened)
    allowed = np.array([_WORKING_DAYS[s] for s in severity])
    refer = at_office(rng, opened, np.searchsorted([0.5, 0.85, 0.96], rng.random(n), side="right"))
    hole = rng.random(n)
    days = np.maximum(0, np.floor(lag(rng, n, allowed * 0.5, 0.62)))
    fix = at_office(rng, refer, days)
    forgotten = rng.random(n) < 0.03
    fix = np.where(forgotten, later(fix, rng.exponential(80 * DAY, n)), fix)
    cancel = only(rng.random(n) < 0.015, later(refer, rng.integers(HOUR, 3 * DAY, n)))
    cancel = only(cancel < fix, cancel)
    fix = only(~happened(cancel), fix)
    stream.stage("hazard", "refer", refer, station=station, department=department)
    stream.move("hazard", "cancel", cancel, station=station, outcome="not_a_hazard")

    wrong_door = rng.random(n) < 0.04
    back = at_office(rng, only(wrong_door, refer), np.ones(n))
    back = only(back < fix, back)
    stream.move("hazard", "return", back, station=station, department=department, outcome="not_in_charge")
    onward = at_office(rng, later(back, HOUR), np.zeros(n))
    stream.move("hazard", "reassign", only(onward < fix, onward), station=station, department="zhenjie")

    due = at_office(rng, refer, allowed) // DAY * DAY + 17 * HOUR
    late = fix > due
    asked = only(late & (rng.random(n) < 0.5), due - rng.integers(4 * HOUR, 3 * DAY, n))
    asked = only((asked > refer) & ~happened(cancel), asked)
    stream.move(
        "hazard",
        "extend",
        asked,
        station=station,
        due=due + rng.integers(5, 20, n) * DAY,
        department=department,
    )
    chased = only(
        late & ~happened(asked) & ~happened(cancel), later(due, rng.integers(16 * HOUR, 5 * DAY, n))
    )
    stream.move("hazard", "chase", only(chased < fix, chased), station=station, department=department)
    waiting = only((rng.random(n) < 0.02) & (fix > refer + 4 * DAY), later(refer, 2 * DAY))
    waiting = only(~happened(cancel), waiting)
    stream.move("hazard", "suspend", waiting, station=station, outcome="waiting_for_budget")
    pause = rng.integers(DAY, 2 * DAY, n)
    stream.move("hazard", "resume", only(later(waiting, pause) < fix, later(waiting, pause)), station=station)

    verify = at_office(
        rng, fix, np.searchsorted([0.18, 0.5, 0.74, 0.86, 0.92, 0.96], rng.random(n), side="right")
    )
    failed = happened(verify) & (rng.random(n) < 0.15)
    post = city.officer_posts(rng, station)
    stream.stage("hazard", "fix", only((hole >= 0.008) | failed, fix), station=station, department=department)
    stream.stage(
        "hazard",
        "verify",
        only((hole < 0.008) | (hole >= 0.016) | failed, verify),
        station=station,
        outcome=np.where(failed, "failed", "passed"),
        post=post,
    )
    second_fix = at_office(rng, only(failed, verify), np.maximum(1, np.floor(allowed * 0.3)))
    skipped = rng.random(n) < 0.05
    second_look = at_office(rng, second_fix, np.ones(n))
    stream.stage("hazard", "fix", only(~skipped, second_fix), station=station, department=department)
    stream.stage(
        "hazard", "verify", only(~skipped, second_look), station=station, outcome="passed", post=post
    )
    good = np.where(failed, np.where(skipped, second_fix, second_look), verify)
    close = at_office(rng, good, np.searchsorted([0.6, 0.9], rng.random(n), side="right"))
    stream.stage("hazard", "close", close, station=station)
    again = at_office(rng, only(rng.random(n) < 0.02, close), rng.integers(5, 40, n))
    stream.move("hazard", "reopen", again, station=station, outcome="problem_came_back")
    refix = at_office(rng, again, rng.integers(2, 9, n))
    relook = at_office(rng, refix, np.ones(n))
    stream.stage("hazard", "fix", refix, station=station, department=department)
    stream.stage("hazard", "verify", relook, station=station, outcome="passed", post=post)
    stream.stage("hazard", "close", at_office(rng, relook, np.ones(n)), station=station)
