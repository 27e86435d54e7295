"""Directives (指令): the centre's red, yellow and blue tasks, with measures and a station that answers."""

from __future__ import annotations

import numpy as np

from closedloop.demo import city
from closedloop.demo.clock import (
    CENTRE_OPENS,
    CUT,
    DAY,
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
)
from closedloop.demo.incidents import Incidents
from closedloop.demo.items import Items, first, latest_before, odd_codes, pick
from closedloop.demo.places import Places
from closedloop.demo.plan import Plan
from closedloop.demo.rhythm import spread
from closedloop.demo.stream import Stream

KINDS = {"dispute": 0.30, "risk_hazard": 0.24, "repeat_place": 0.20, "information": 0.11, "prevention": 0.15}
TITLES = {
    "dispute": "关于{place}矛盾纠纷跟进化解的指令",
    "risk_hazard": "关于{place}风险隐患处置的指令",
    "repeat_place": "关于{place}重复警情治理的指令",
    "information": "关于核查{place}有关情报线索的指令",
    "prevention": "关于加强{place}周边巡防的指令",
}
MEASURES = {
    "dispute": (
        "社区民警当日上门走访，会同村社调解员开展首次调处，每三日反馈一次进展。",
        "由所领导包案，联合司法所组织双方面对面调解，落实稳控责任人。",
        "核实纠纷起因，提请综治中心牵头联动处置，调处结果书面回报。",
        "分别做好双方疏导工作，劝返围观人员，明确下次调解时间。",
    ),
    "risk_hazard": (
        "立即到场排查，设置警示标识，函告主管部门限期整治并复核。",
        "联合消防、市场监管开展联合检查，建立隐患清单逐项销号。",
        "约谈场所负责人，督促落实整改，整改前安排定点值守。",
    ),
    "repeat_place": (
        "梳理该点位近三十日警情，查明重复原因，制定一点一策方案。",
        "调整巡逻班次，高发时段定点守护，会同物业完善防范设施。",
        "上门走访周边商户，签订责任书，两周后评估警情变化。",
    ),
    "information": (
        "接令后立即核查，两小时内反馈初步情况，后续情况随时续报。",
        "会同兄弟单位核实线索真伪，做好记录，及时回报中心。",
    ),
    "prevention": (
        "每日不少于两次车巡、一次步巡，重点时段亮灯巡逻。",
        "组织义警开展宣传巡防，张贴防范提示，活动情况周报。",
        "对周边商户逐户提示，检查门窗及技防设施。",
    ),
}
#: What the centre allows for handling, in hours.
LIMIT_HOURS = {"red": 24, "yellow": 72, "blue": 168}
_RECTIFY_HOURS = {"red": 24, "yellow": 48, "blue": 72}


def build(plan: Plan, incidents: Incidents, disputes: Items, where: Places, stream: Stream) -> Items:
    """Every directive issued before the last duty day, with its events; the last day's are planted."""
    rng = plan.rng("directives")
    days = np.arange(day_of(np.int64(START)), day_of(np.int64(CUT - 1)) + 1)
    busier = np.where(days >= CENTRE_OPENS // DAY, 1.9, 1.0)
    issued = spread(rng, plan.directives, START + 9 * HOUR, CUT, office=True, weights=busier)
    n = len(issued)
    station = city.draw_stations(rng, n, city.WEIGHTS**0.7)
    kind = pick(rng, n, KINDS)
    severity = pick(rng, n, {"red": 0.08, "yellow": 0.30, "blue": 0.62})
    subject_loop, subject_id, place = _subjects(rng, station, issued, kind, incidents, disputes, where)
    title = np.array([TITLES[k].format(place=p) for k, p in zip(kind, where.text[place], strict=True)])
    measures = np.empty(n, dtype=object)
    for k, texts in MEASURES.items():
        rows = np.flatnonzero(kind == k)
        measures[rows] = np.array(texts, dtype=object)[rng.integers(0, len(texts), len(rows))]
    measures[rng.random(n) < 0.035] = ""
    with_phone = rng.choice(n, min(5, n), replace=False)
    lost = rng.choice(np.flatnonzero(issued < CUT - DAY), min(3, n), replace=False)
    measures[with_phone] = "请与报告人联系，电话13800000000，核实后回报。"

    limit = np.array([LIMIT_HOURS[s] for s in severity]) * HOUR
    named_due = rng.random(n) < 0.32
    due = np.where(
        severity == "red", (issued + limit) // HOUR * HOUR + HOUR, (issued + limit) // DAY * DAY + 18 * HOUR
    )
    due = only(named_due, due)
    _emit(rng, stream, station, issued, severity, limit, due)
    bureau = np.array([s.bureau_id for s in city.STATIONS])[station]
    return Items(
        loop="directive",
        prefix="ZL",
        opened_by="issued_at",
        station=station,
        opened=issued,
        columns={
            "bureau_id": np.where(rng.random(n) < 0.35, "YZ", bureau),
            "severity": severity,
            "kind": kind,
            "title": title,
            "subject_loop": subject_loop,
            "subject_id": subject_id,
            "measures": measures.astype(str),
        },
        due=due,
        odd_station=odd_codes(n, lost),
    )


def _subjects(
    rng: np.random.Generator,
    station: np.ndarray,
    issued: np.ndarray,
    kind: np.ndarray,
    incidents: Incidents,
    disputes: Items,
    where: Places,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``(subject_loop, subject_id, place position)``: most about disputes and places name an item."""
    n = len(issued)
    place = where.draw(rng, station, rng.random(n) < 0.15)
    about_dispute = (kind == "dispute") & (rng.random(n) < 0.8)
    dispute = latest_before(rng, station, issued, disputes.station, disputes.opened, back=3)
    about_dispute &= dispute >= 0
    about_call = np.isin(kind, ("repeat_place", "information")) & (rng.random(n) < 0.7)
    usable = np.flatnonzero((incidents.merged_into < 0) & ~incidents.entered_late)
    call = latest_before(rng, station, issued, incidents.station[usable], incidents.received[usable], back=8)
    about_call &= call >= 0
    call = usable[np.maximum(call, 0)]
    place = np.where(about_call, incidents.place[call], place)
    loop = np.where(about_dispute, "dispute", np.where(about_call, "incident", ""))
    item = np.where(
        about_dispute, disputes.ids[np.maximum(dispute, 0)], np.where(about_call, incidents.ids[call], "")
    )
    return loop, item, place


def _emit(
    rng: np.random.Generator,
    stream: Stream,
    station: np.ndarray,
    issued: np.ndarray,
    severity: np.ndarray,
    limit: np.ndarray,
    own_due: np.ndarray,
) -> None:
    """The seven stages, and what happens on the way: sign-off, returns, extensions, rework."""
    n = len(issued)
    red = severity == "red"
    control = city.CONTROL_POST[station]

    dispatch = issued + np.maximum(40, lag(rng, n, 8 * MINUTE, 0.75)).astype(np.int64)
    hurry = np.select([red, severity == "yellow"], [9, 38], 80) * MINUTE
    sign = dispatch + np.maximum(60, lag(rng, n, hurry * city.SLOW[station] ** 0.6, 0.7)).astype(np.int64)
    skip_dispatch = rng.random(n) < 0.004

    # Returned to the centre: half are dispatched once more, half go to a neighbour of the same branch.
    returned = (rng.random(n) < 0.035) & ~skip_dispatch
    back = only(returned, sign + rng.integers(20 * MINUTE, 5 * HOUR, n))
    neighbour = np.where(station < 8, (station + 1) % 8, 8 + (station - 8 + 1) % 7)
    neighbour = np.where(neighbour == city.MISSING, neighbour + 1, neighbour)
    moved = returned & (rng.random(n) < 0.45) & (station != city.MISSING)
    second = waking(rng, later(back, rng.integers(15 * MINUTE, 4 * HOUR, n)))
    stream.move("directive", "return", back, station=station, outcome="not_our_area")
    owner = np.where(moved, neighbour, station)
    stream.stage("directive", "dispatch", only(~skip_dispatch, dispatch), station=station, post=control)
    stream.stage("directive", "sign", only(rng.random(n) > 0.06, sign), station=station, post=control)
    stream.stage("directive", "dispatch", only(~moved, second), station=owner, post=city.CONTROL_POST[owner])
    stream.move("directive", "reassign", only(moved, second), station=owner, to_station=city.IDS[owner])
    sign_again = later(second, np.maximum(60, lag(rng, n, hurry, 0.7)))
    stream.stage("directive", "sign", sign_again, station=owner, post=city.CONTROL_POST[owner])
    begun = np.where(returned, second, dispatch)
    post = city.officer_posts(rng, owner)

    slow = city.SLOW[owner]
    due = np.where(happened(own_due) & ~returned, own_due, begun + limit)
    handle = begun + np.maximum(30 * MINUTE, limit * lag(rng, n, 0.40 * slow**0.55, 0.52)).astype(np.int64)
    forgotten = rng.random(n) < 0.010 * slow**1.5
    handle = np.where(forgotten, handle + rng.exponential(35 * DAY, n).astype(np.int64), handle)
    handle = np.where(red, handle, waking(rng, handle))
    handle = np.maximum(handle, np.where(returned, sign_again, sign) + 10 * MINUTE)
    handle = _pauses(rng, stream, owner, begun, handle, limit)
    signed = np.where(returned, sign_again, sign)
    given_up = (rng.random(n) < 0.02) & (handle > signed + 3 * HOUR)
    cancel = only(given_up, signed + ((handle - signed) * 0.7).astype(np.int64))
    stream.move("directive", "cancel", cancel, station=owner, outcome="no_longer_needed")
    until = first(handle, cancel)
    due = _extensions(rng, stream, owner, begun, until, due, limit)
    _pressure(rng, stream, owner, until, due, red)
    handle = only(~happened(cancel), handle)
    _recolours(rng, stream, owner, begun, until, severity, limit)

    hole = rng.random(n)
    collect = waking(rng, later(handle, np.maximum(120, lag(rng, n, 2.2 * HOUR, 0.9))))
    wait = np.searchsorted([0.55, 0.86, 0.955], rng.random(n), side="right")
    inspect = at_office(rng, collect, wait)
    failed = (rng.random(n) < city.REWORK[owner]) & happened(inspect)
    skip_inspect = ~failed & (hole >= 0.012) & (hole < 0.018)
    stream.stage("directive", "handle", only((hole >= 0.003) | failed, handle), station=owner, post=post)
    stream.stage("directive", "collect", only((hole < 0.004) | (hole >= 0.012), collect), station=owner)
    stream.stage(
        "directive",
        "inspect",
        only(~skip_inspect, inspect),
        station=owner,
        outcome=np.where(failed, "failed", "passed"),
    )
    done = _rework(rng, stream, owner, only(failed, inspect), severity, post)
    last_look = np.where(failed, done, inspect)
    feedback = at_office(rng, last_look, np.searchsorted([0.7, 0.94], rng.random(n), side="right"))
    stream.stage("directive", "feedback", feedback, station=owner)
    _second_life(rng, stream, owner, feedback, limit, post)


def _pauses(
    rng: np.random.Generator,
    stream: Stream,
    owner: np.ndarray,
    begun: np.ndarray,
    handle: np.ndarray,
    limit: np.ndarray,
) -> np.ndarray:
    """Approved pauses of one in a hundred; handling moves by their length."""
    n = len(begun)
    paused = rng.random(n) < 0.011
    start = only(paused, begun + (limit * (0.1 + 0.2 * rng.random(n))).astype(np.int64))
    start = only(start < handle, start)
    length = (DAY * (1 + 3 * rng.random(n))).astype(np.int64)
    stream.move("directive", "suspend", start, station=owner, outcome="waiting_for_court")
    stream.move("directive", "resume", later(start, length), station=owner)
    return np.where(happened(start), handle + length, handle)


def _extensions(
    rng: np.random.Generator,
    stream: Stream,
    owner: np.ndarray,
    begun: np.ndarray,
    handle: np.ndarray,
    due: np.ndarray,
    limit: np.ndarray,
) -> np.ndarray:
    """Half of the late ones asked in time, a few too late (it cures nothing); returns the deadlines held."""
    n = len(begun)
    late = handle > due
    asks = (late & (rng.random(n) < 0.42)) | (~late & (rng.random(n) < 0.012))
    before = due - np.maximum(HOUR, limit * (0.05 + 0.25 * rng.random(n))).astype(np.int64)
    approved = only(asks & (before > begun + 20 * MINUTE), before)
    approved = only(approved < handle, approved)
    longer = due + np.maximum(DAY, limit * rng.integers(1, 3, n) // 2 // DAY * DAY)
    stream.move("directive", "extend", approved, station=owner, due=longer)
    held = np.where(happened(approved), longer, due)
    too_late = late & ~happened(approved) & (rng.random(n) < 0.10)
    after = only(too_late, due + rng.integers(HOUR, 30 * HOUR, n))
    after = only(after < handle, after)
    stream.move("directive", "extend", after, station=owner, due=due + 3 * DAY)
    return held


def _pressure(
    rng: np.random.Generator,
    stream: Stream,
    owner: np.ndarray,
    handle: np.ndarray,
    due: np.ndarray,
    red: np.ndarray,
) -> None:
    """Chasing (催办) and escalation (督办) of what is late."""
    n = len(due)
    late = handle > due
    chased = waking(rng, only(late & (rng.random(n) < 0.7), due + rng.integers(30 * MINUTE, 14 * HOUR, n)))
    stream.move("directive", "chase", only(chased < handle, chased), station=owner)
    again = waking(rng, only(happened(chased) & (handle > due + 4 * DAY), later(chased, 3 * DAY)))
    stream.move("directive", "chase", only(again < handle, again), station=owner)
    raised = waking(
        rng, only(late & (rng.random(n) < np.where(red, 0.6, 0.10)), due + rng.integers(4 * HOUR, DAY, n))
    )
    stream.move("directive", "escalate", only(raised < handle, raised), station=owner)


def _recolours(
    rng: np.random.Generator,
    stream: Stream,
    owner: np.ndarray,
    begun: np.ndarray,
    until: np.ndarray,
    severity: np.ndarray,
    limit: np.ndarray,
) -> None:
    """A changed colour before handling, as often up as down."""
    n = len(begun)
    up = rng.random(n) < 0.55
    shade = np.where(severity == "yellow", np.where(up, "red", "blue"), "yellow")
    at = only(rng.random(n) < 0.025, begun + (limit * (0.05 + 0.35 * rng.random(n))).astype(np.int64))
    stream.move("directive", "recolour", only(at < until, at), station=owner, severity=shade)


def _rework(
    rng: np.random.Generator,
    stream: Stream,
    owner: np.ndarray,
    failed_at: np.ndarray,
    severity: np.ndarray,
    post: np.ndarray,
) -> np.ndarray:
    """Rounds of rectification after a failed inspection; returns when the last inspection was over."""
    n = len(failed_at)
    hours = np.array([_RECTIFY_HOURS[s] for s in severity]) * HOUR
    objected = only(rng.random(n) < 0.06, later(failed_at, rng.integers(HOUR, 8 * HOUR, n)))
    stream.move("directive", "object", objected, station=owner, outcome="finding_disputed")
    passed_by = failed_at
    open_round = settled = failed_at
    for round_no in range(3):
        skipped = rng.random(n) < (0.035 if round_no == 0 else 0)
        pace = lag(rng, n, 0.5 * city.SLOW[owner] ** 0.6, 0.6)
        rectify = waking(rng, later(open_round, np.maximum(HOUR, hours * pace)))
        rectify = only(~skipped, rectify)
        inspect = at_office(rng, rectify, np.searchsorted([0.5, 0.9], rng.random(n), side="right"))
        fails = happened(inspect) & (rng.random(n) < 0.17) & (round_no < 2)
        stream.stage("directive", "rectify", rectify, station=owner, post=post)
        stream.stage(
            "directive", "inspect", inspect, station=owner, outcome=np.where(fails, "failed", "passed")
        )
        passed_by = np.where(happened(inspect), inspect, passed_by)
        passed_by = np.where(fails, NEVER, passed_by) if round_no < 2 else passed_by
        open_round = only(fails, inspect)
        if round_no == 0:
            settled = np.where(fails, NEVER, passed_by)
        else:
            settled = np.where(happened(inspect) & ~fails, inspect, settled)
    return settled


def _second_life(
    rng: np.random.Generator,
    stream: Stream,
    owner: np.ndarray,
    feedback: np.ndarray,
    limit: np.ndarray,
    post: np.ndarray,
) -> None:
    """One and a half in a hundred are reopened and walk the loop again."""
    n = len(feedback)
    reopened = waking(rng, later(only(rng.random(n) < 0.015, feedback), lag(rng, n, 6 * DAY, 0.8)))
    dispatch = later(reopened, rng.integers(10 * MINUTE, 3 * HOUR, n))
    sign = later(dispatch, rng.integers(2 * MINUTE, 25 * MINUTE, n))
    handle = waking(rng, later(dispatch, np.maximum(HOUR, limit * lag(rng, n, 0.4, 0.5))))
    collect = waking(rng, later(handle, lag(rng, n, 3 * HOUR, 0.7)))
    inspect = at_office(rng, collect, np.ones(n))
    stream.move("directive", "reopen", reopened, station=owner, outcome="problem_came_back")
    stream.stage("directive", "dispatch", dispatch, station=owner, post=city.CONTROL_POST[owner])
    stream.stage("directive", "sign", sign, station=owner, post=city.CONTROL_POST[owner])
    stream.stage("directive", "handle", handle, station=owner, post=post)
    stream.stage("directive", "collect", collect, station=owner)
    stream.stage("directive", "inspect", inspect, station=owner, outcome="passed")
    stream.stage("directive", "feedback", at_office(rng, inspect, np.ones(n)), station=owner)
