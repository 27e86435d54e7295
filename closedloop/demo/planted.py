"""Cases written by hand: one of every situation the pages and clocks must get right, at every scale.

Each case has a name; ``planted.yml`` beside the data tells which item it became. Times are wall times. Deadlines
named in the notes follow ``seeds/reference/sla_policy.csv``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from closedloop.demo import city, directives, hazards
from closedloop.demo.clock import MINUTE, NEVER, wall
from closedloop.demo.items import Items
from closedloop.demo.numbering import numbers
from closedloop.demo.places import Places
from closedloop.demo.plan import Plan
from closedloop.demo.stream import Stream


@dataclass(frozen=True)
class Event:
    """``what`` is a stage, or a move written ``move:<name>``."""

    what: str
    at: str
    more: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One item with all its events."""

    name: str
    note: str
    loop: str
    station_id: str
    opened: str
    severity: str
    kind: str
    events: tuple[Event, ...] = ()
    due: str | None = None
    department: str = ""


def _events(text: str) -> tuple[Event, ...]:
    """Events from lines ``what, at[, key=value …]``."""
    found = []
    for line in text.strip().splitlines():
        what, at, *more = (part.strip() for part in line.split(","))
        found.append(Event(what, at, dict(part.split("=", 1) for part in more)))
    return tuple(found)


def _directive(name: str, note: str, station: str, opened: str, severity: str, kind: str, text: str = "") -> Case:
    return Case(name, note, "directive", station, opened, severity, kind, _events(text))


#: The nine directives of the duty day 25 April 2025 (2025-04-24 08:00 to 2025-04-25 08:00).
LAST_DAY = (
    _directive("day_red_due_soon", "handle due 2025-04-25 11:20", "S01", "2025-04-24 11:12", "red", "risk_hazard", """
        dispatch, 2025-04-24 11:20
        sign, 2025-04-24 11:31"""),
    _directive("day_red_signed_late", "signed after 54 of 30 minutes; handle due 2025-04-25 08:46", "S07",
               "2025-04-24 08:40", "red", "dispute", """
        dispatch, 2025-04-24 08:46
        sign, 2025-04-24 09:40"""),
    _directive("day_yellow_collected", "handled the same day, waiting for inspection", "S03", "2025-04-24 09:15",
               "yellow", "repeat_place", """
        dispatch, 2025-04-24 09:22
        sign, 2025-04-24 09:50
        handle, 2025-04-24 16:40
        collect, 2025-04-24 17:30"""),
    _directive("day_yellow_dispatched_late", "the centre took 45 of 30 minutes", "S05", "2025-04-24 10:05", "yellow",
               "risk_hazard", """
        dispatch, 2025-04-24 10:50
        sign, 2025-04-24 11:20"""),
    _directive("day_yellow_unsigned", "not signed for; due 2025-04-24 16:28", "S12", "2025-04-24 14:20", "yellow",
               "dispute", """
        dispatch, 2025-04-24 14:28"""),
    _directive("day_blue_collected", "", "S02", "2025-04-24 15:10", "blue", "prevention", """
        dispatch, 2025-04-24 15:14
        sign, 2025-04-24 15:40
        handle, 2025-04-24 19:20
        collect, 2025-04-24 19:55"""),
    _directive("day_blue_returned", "returned, in the centre's hands", "S08", "2025-04-24 16:30", "blue",
               "information", """
        dispatch, 2025-04-24 16:36
        sign, 2025-04-24 17:05
        move:return, 2025-04-24 18:10, outcome=not_our_area"""),
    _directive("day_blue_upgraded", "blue to yellow at 06:30", "S14", "2025-04-24 20:45", "blue", "risk_hazard", """
        dispatch, 2025-04-24 20:52
        sign, 2025-04-24 21:40
        move:recolour, 2025-04-25 06:30, severity=yellow"""),
    _directive("day_blue_just_issued", "not dispatched yet", "S10", "2025-04-25 07:48", "blue", "prevention"),
)  # fmt: skip

DIRECTIVES = (
    _directive("red_overdue", "handle due 2025-04-23 15:08, chased and escalated", "S07", "2025-04-22 15:00", "red",
               "risk_hazard", """
        dispatch, 2025-04-22 15:08
        sign, 2025-04-22 15:20
        move:chase, 2025-04-23 16:30
        move:escalate, 2025-04-23 18:00"""),
    _directive("red_overdue_extended_too_late", "due 2025-04-22 09:36; the extension of 04-23 cures nothing", "S12",
               "2025-04-21 09:30", "red", "dispute", """
        dispatch, 2025-04-21 09:36
        sign, 2025-04-21 10:05
        move:extend, 2025-04-23 08:00, due=2025-04-26 18:00"""),
    _directive("yellow_overdue", "handle due 2025-04-21 10:20", "S07", "2025-04-18 10:00", "yellow", "prevention", """
        dispatch, 2025-04-18 10:20
        sign, 2025-04-18 10:50
        move:chase, 2025-04-21 15:00"""),
    _directive("blue_overdue", "handle due 2025-04-17 09:12", "S14", "2025-04-10 09:00", "blue", "risk_hazard", """
        dispatch, 2025-04-10 09:12
        sign, 2025-04-10 10:00"""),
    _directive("yellow_due_exactly_at_end", "handle due 2025-04-25 08:00:00: not overdue at that moment", "S09",
               "2025-04-22 07:50", "yellow", "repeat_place", """
        dispatch, 2025-04-22 08:00
        sign, 2025-04-22 08:20"""),
    _directive("yellow_due_soon", "handle due 2025-04-25 14:40", "S04", "2025-04-22 14:30", "yellow", "dispute", """
        dispatch, 2025-04-22 14:40
        sign, 2025-04-22 15:05"""),
    _directive("blue_due_soon", "handle due 2025-04-25 09:00", "S06", "2025-04-18 08:50", "blue", "prevention", """
        dispatch, 2025-04-18 09:00
        sign, 2025-04-18 09:40"""),
    _directive("blue_extended", "due 2025-04-23 10:10, extended in time to 2025-04-28 18:00", "S02",
               "2025-04-16 10:00", "blue", "risk_hazard", """
        dispatch, 2025-04-16 10:10
        sign, 2025-04-16 11:00
        move:extend, 2025-04-22 16:00, due=2025-04-28 18:00"""),
    _directive("yellow_paused", "suspended and not resumed", "S05", "2025-04-19 09:00", "yellow", "dispute", """
        dispatch, 2025-04-19 09:10
        sign, 2025-04-19 09:40
        move:suspend, 2025-04-20 10:00, outcome=waiting_for_court"""),
    _directive("yellow_resumed", "paused two days: handle due 2025-04-24 09:10 instead of 04-22; handled in time", "S15",
               "2025-04-19 09:00", "yellow", "prevention", """
        dispatch, 2025-04-19 09:10
        sign, 2025-04-19 09:30
        move:suspend, 2025-04-20 12:00, outcome=waiting_for_court
        move:resume, 2025-04-22 12:00
        handle, 2025-04-23 15:00
        collect, 2025-04-23 16:00"""),
    _directive("yellow_returned", "waits at the centre after a return", "S08", "2025-04-23 15:00", "yellow",
               "information", """
        dispatch, 2025-04-23 15:10
        sign, 2025-04-23 15:40
        move:return, 2025-04-23 17:00, outcome=not_our_area"""),
    _directive("red_rework_overdue", "failed inspection; rectification due 2025-04-22 10:00", "S05",
               "2025-04-19 08:30", "red", "risk_hazard", """
        dispatch, 2025-04-19 08:35
        sign, 2025-04-19 08:45
        handle, 2025-04-19 18:00
        collect, 2025-04-19 19:00
        inspect, 2025-04-21 10:00, outcome=failed"""),
    _directive("blue_upgraded", "blue due 2025-04-27 09:10; the yellow spell from 04-21 09:00 was due 04-24 09:00",
               "S03", "2025-04-20 09:00", "blue", "repeat_place", """
        dispatch, 2025-04-20 09:10
        sign, 2025-04-20 09:30
        move:recolour, 2025-04-21 09:00, severity=yellow"""),
    _directive("red_downgraded_after_breach", "due 2025-04-21 10:05; blue since 04-22 cures nothing", "S12",
               "2025-04-20 10:00", "red", "dispute", """
        dispatch, 2025-04-20 10:05
        sign, 2025-04-20 10:20
        move:recolour, 2025-04-22 09:00, severity=blue"""),
    _directive("yellow_reopened", "second spell of handling, due 2025-04-25 09:30 (from the reopening)", "S01",
               "2025-04-01 09:00", "yellow", "dispute", """
        dispatch, 2025-04-01 09:08
        sign, 2025-04-01 09:40
        handle, 2025-04-03 15:00
        collect, 2025-04-03 17:00
        inspect, 2025-04-07 10:00, outcome=passed
        feedback, 2025-04-07 15:00
        move:reopen, 2025-04-22 09:30, outcome=problem_came_back
        dispatch, 2025-04-22 10:00"""),
    _directive("blue_cancelled", "", "S10", "2025-04-14 10:00", "blue", "information", """
        dispatch, 2025-04-14 10:10
        sign, 2025-04-14 11:00
        move:cancel, 2025-04-15 16:00, outcome=no_longer_needed"""),
    _directive("yellow_complete", "every stage once, everything in time", "S04", "2025-04-08 09:00", "yellow",
               "repeat_place", """
        dispatch, 2025-04-08 09:05
        sign, 2025-04-08 09:30
        handle, 2025-04-10 16:00
        collect, 2025-04-10 17:00
        inspect, 2025-04-11 10:00, outcome=passed
        feedback, 2025-04-11 15:00"""),
    _directive("yellow_skipped_stages", "collect and inspect missing", "S15", "2025-04-09 09:00", "yellow",
               "prevention", """
        dispatch, 2025-04-09 09:10
        sign, 2025-04-09 09:50
        handle, 2025-04-10 16:00
        feedback, 2025-04-11 16:30"""),
    _directive("yellow_rectify_missing", "failed inspection, then fed back without rectification", "S13",
               "2025-04-09 10:00", "yellow", "risk_hazard", """
        dispatch, 2025-04-09 10:15
        sign, 2025-04-09 11:00
        handle, 2025-04-11 09:00
        collect, 2025-04-11 10:00
        inspect, 2025-04-11 15:00, outcome=failed
        feedback, 2025-04-14 15:00"""),
    _directive("yellow_two_rework_rounds", "two failed inspections, passed at the third", "S05", "2025-03-03 09:00",
               "yellow", "repeat_place", """
        dispatch, 2025-03-03 09:06
        sign, 2025-03-03 09:30
        handle, 2025-03-05 15:00
        collect, 2025-03-05 16:00
        inspect, 2025-03-06 10:00, outcome=failed
        rectify, 2025-03-07 15:00
        inspect, 2025-03-10 10:00, outcome=failed
        rectify, 2025-03-11 17:00
        inspect, 2025-03-12 11:00, outcome=passed
        feedback, 2025-03-12 16:00"""),
    _directive("red_unreported", "handle due 2025-04-24 20:00, its station's last export is missing", "S11",
               "2025-04-23 19:50", "red", "risk_hazard", """
        dispatch, 2025-04-23 20:00
        sign, 2025-04-23 20:10"""),
    _directive("yellow_met_at_due", "handled in the second it was due", "S06", "2025-04-07 09:50", "yellow",
               "dispute", """
        dispatch, 2025-04-07 10:00
        sign, 2025-04-07 10:20
        handle, 2025-04-10 10:00
        collect, 2025-04-10 11:00
        inspect, 2025-04-11 10:00, outcome=passed
        feedback, 2025-04-11 16:00"""),
    _directive("blue_reassigned", "from S04 to S05", "S04", "2025-04-17 09:00", "blue", "dispute", """
        dispatch, 2025-04-17 09:10
        sign, 2025-04-17 10:00
        move:return, 2025-04-17 11:00, outcome=not_our_area
        move:reassign, 2025-04-17 14:00, to_station=S05
        sign, 2025-04-17 15:00"""),
    _directive("blue_objection_open", "failed inspection disputed by the station", "S05", "2025-04-14 09:00", "blue",
               "prevention", """
        dispatch, 2025-04-14 09:10
        sign, 2025-04-14 10:00
        handle, 2025-04-18 15:00
        collect, 2025-04-18 16:00
        inspect, 2025-04-22 10:00, outcome=failed
        move:object, 2025-04-22 16:00, outcome=finding_disputed"""),
    _directive("blue_corrected_event", "handling first booked a day too early, then corrected", "S09",
               "2025-04-11 09:00", "blue", "information", """
        dispatch, 2025-04-11 09:10
        sign, 2025-04-11 10:00
        handle, 2025-04-14 15:00, tag=wrong
        handle, 2025-04-15 15:00, corrects=wrong, recorded=2025-04-16 09:00
        collect, 2025-04-15 17:00
        inspect, 2025-04-16 10:00, outcome=passed
        feedback, 2025-04-17 10:00"""),
    _directive("blue_recorded_late", "handled 2025-04-16, booked on the last day", "S13", "2025-04-11 10:00", "blue",
               "prevention", """
        dispatch, 2025-04-11 10:10
        sign, 2025-04-11 11:00
        handle, 2025-04-16 15:00, recorded=2025-04-24 16:20
        collect, 2025-04-24 17:00"""),
    _directive("blue_event_before_item", "dispatched before it was issued", "S02", "2025-04-15 10:00", "blue",
               "prevention", """
        dispatch, 2025-04-15 09:40
        sign, 2025-04-15 10:30
        handle, 2025-04-18 10:00
        collect, 2025-04-18 11:00
        inspect, 2025-04-21 10:00, outcome=passed
        feedback, 2025-04-21 15:00"""),
    _directive("blue_without_events", "nothing since it was issued", "S15", "2025-04-21 09:00", "blue", "information"),
)  # fmt: skip

DISPUTES = (
    Case("dispute_reopened_twice", "resolved, broke out twice, resolved", "dispute", "S01", "2024-06-03 10:00",
         "yellow", "neighbour", _events("""
        assign, 2024-06-03 10:40
        mediate, 2024-06-04 15:00
        mediate, 2024-06-07 15:00
        conclude, 2024-06-12 11:00, outcome=resolved
        move:reopen, 2024-07-02 20:00
        mediate, 2024-07-03 15:00
        conclude, 2024-07-05 15:00, outcome=resolved
        move:reopen, 2024-09-01 20:00
        mediate, 2024-09-02 15:00
        stabilise, 2024-09-03 10:00, outcome=stabilised
        conclude, 2024-09-10 15:00, outcome=resolved
        revisit, 2024-10-08 10:00""")),
    Case("dispute_red_overdue", "open since 2024-07-15, escalated to the social governance centre", "dispute", "S12",
         "2024-07-15 09:00", "red", "land", _events("""
        assign, 2024-07-15 09:30
        mediate, 2024-07-15 16:00
        move:escalate, 2024-07-16 09:00, department=zhengfa
        mediate, 2024-08-20 15:00
        stabilise, 2024-08-22 10:00, outcome=stabilised
        mediate, 2025-04-24 10:00"""), department="ziran"),
    Case("dispute_blue_overdue", "open since 2024-07-22", "dispute", "S07", "2024-07-22 14:00", "blue", "debt",
         _events("""
        assign, 2024-07-22 16:00
        mediate, 2024-07-26 15:00
        move:chase, 2024-10-09 09:00""")),
)  # fmt: skip

DIVERSIONS = (
    Case("diversion_returned_resent", "returned by urban management, sent on to housing, accepted, open", "diversion",
         "S02", "2025-04-21 10:00", "", "property", _events("""
        accept, 2025-04-21 14:00, department=chengguan
        move:return, 2025-04-22 10:00, department=chengguan, outcome=not_in_charge
        send, 2025-04-22 11:00, department=zhujian
        accept, 2025-04-23 10:00, department=zhujian"""), department="chengguan"),
    Case("diversion_overdue", "accepted 2025-04-08, to be done by 2025-04-15", "diversion", "S04", "2025-04-07 10:00",
         "", "property", _events("""
        accept, 2025-04-08 10:00, department=zhujian
        move:chase, 2025-04-17 10:00, department=zhujian"""), department="zhujian"),
    Case("diversion_not_accepted", "sent 2025-04-22, acceptance due 2025-04-23 17:00", "diversion", "S09",
         "2025-04-22 10:00", "", "car_moving", (), department="chengguan"),
    Case("diversion_due_soon", "accepted 2025-04-18, to be done by 2025-04-25 17:00", "diversion", "S06",
         "2025-04-17 15:00", "", "pollution", _events("""
        accept, 2025-04-18 10:00, department=shengtai"""), department="shengtai"),
)  # fmt: skip

HAZARDS = (
    Case("hazard_red_overdue", "to be fixed by 2025-04-20 10:00", "hazard", "S12", "2025-04-16 15:00", "red",
         "fire_safety", _events("""
        refer, 2025-04-17 10:00, department=xiaofang
        move:chase, 2025-04-21 09:00, department=xiaofang"""), department="xiaofang"),
    Case("hazard_yellow_overdue", "own deadline 2025-04-18 17:00", "hazard", "S07", "2025-03-20 10:00", "yellow",
         "building", _events("""
        refer, 2025-03-21 10:00, department=zhujian"""), due="2025-04-18 17:00", department="zhujian"),
    Case("hazard_blue_overdue", "to be fixed within 30 working days of 2025-02-10", "hazard", "S14",
         "2025-02-08 10:00", "blue", "waterside", _events("""
        refer, 2025-02-10 10:00, department=nongye"""), department="nongye"),
    Case("hazard_fix_again", "verification failed, to be fixed again", "hazard", "S06", "2025-03-24 10:00", "yellow",
         "fire_safety", _events("""
        refer, 2025-03-25 10:00, department=xiaofang
        fix, 2025-04-08 10:00, department=xiaofang
        verify, 2025-04-10 10:00, outcome=failed"""), department="xiaofang"),
    Case("hazard_due_soon", "own deadline 2025-04-25 17:00", "hazard", "S03", "2025-04-02 10:00", "yellow",
         "road_crossing", _events("""
        refer, 2025-04-03 10:00, department=jiaotong"""), due="2025-04-25 17:00", department="jiaotong"),
    Case("hazard_paused", "suspended and not resumed", "hazard", "S10", "2025-04-01 10:00", "blue", "building",
         _events("""
        refer, 2025-04-02 10:00, department=zhujian
        move:suspend, 2025-04-09 10:00, outcome=waiting_for_budget"""), department="zhujian"),
)  # fmt: skip


def last_day(plan: Plan) -> tuple[Case, ...]:
    """The directives of the last duty day: the nine, and above scale 1 their like at other stations."""
    cases = list(LAST_DAY)
    names = [s.station_id for i, s in enumerate(city.STATIONS) if i != city.MISSING]
    for i in range(len(LAST_DAY), plan.last_day_directives):
        case = LAST_DAY[i % len(LAST_DAY)]
        cases.append(Case(f"{case.name}_{i}", case.note, case.loop, names[i % len(names)], case.opened, case.severity,
                          case.kind, case.events))  # fmt: skip
    return tuple(cases)


def add(items: Items, cases: tuple[Case, ...], where: Places, stream: Stream) -> dict[str, int]:
    """Append cases to the items of their loop and their events to the stream; returns each case's position."""
    if not cases:
        return {}
    base, n = len(items), len(cases)
    station = np.array([city.index(c.station_id) for c in cases])
    opened = np.array([wall(c.opened) for c in cases])
    rng = np.random.Generator(np.random.PCG64(base))
    place = where.draw(rng, station, np.zeros(n, dtype=bool))
    new = {name: np.full(n, "", dtype=object) for name in items.columns}
    for i, case in enumerate(cases):
        text = str(where.text[place[i]])
        _fill(new, i, case, text, str(where.key[place[i]]))
    columns = {name: np.concatenate((old.astype(object), new[name])) for name, old in items.columns.items()}
    items.columns.update({name: values.astype(str) for name, values in columns.items()})
    items.station = np.concatenate((items.station, station))
    items.opened = np.concatenate((items.opened, opened))
    if items.due is not None:
        items.due = np.concatenate((items.due, [wall(c.due) if c.due else NEVER for c in cases]))
    if items.outcome is not None:
        _outcomes(items, cases)
    items.ids = numbers(items.prefix, items.opened, width=4)
    for i, case in enumerate(cases):
        _stream(stream, case, base + i, int(station[i]))
    return {case.name: base + i for i, case in enumerate(cases)}


def _fill(new: dict[str, np.ndarray], i: int, case: Case, place: str, key: str) -> None:
    """The columns of one case."""
    bureau = city.STATIONS[city.index(case.station_id)].bureau_id
    values = {
        "bureau_id": bureau,
        "severity": case.severity,
        "kind": case.kind,
        "loop": case.loop,
        "category": case.kind,
        "dispute_type": case.kind,
        "source": "grid",
        "place": place,
        "place_key": key,
        "department_id": case.department,
        "lead_department_id": case.department,
    }
    if case.loop == "directive":
        values["title"] = directives.TITLES[case.kind].format(place=place)
        values["measures"] = directives.MEASURES[case.kind][0]
    if case.loop == "hazard":
        values["title"] = hazards.KINDS[case.kind][1].format(place=place)
    for name, column in new.items():
        column[i] = values.get(name, "")


def _outcomes(items: Items, cases: tuple[Case, ...]) -> None:
    """Outcome columns of disputes: the first conclusion, and being held stable before it."""

    def at(case: Case, stage: str) -> int:
        return min((wall(e.at) for e in case.events if e.what == stage), default=int(NEVER))

    n = len(cases)
    items.outcome = np.concatenate((items.outcome, np.full(n, "resolved")))
    items.outcome_at = np.concatenate((items.outcome_at, [at(c, "conclude") for c in cases]))
    items.early_outcome = np.concatenate((items.early_outcome, np.full(n, "stabilised")))
    items.early_outcome_at = np.concatenate((items.early_outcome_at, [at(c, "stabilise") for c in cases]))


def _stream(stream: Stream, case: Case, position: int, station: int) -> None:
    """Write one case's events; they are recorded within a minute unless the case says otherwise."""
    where = np.array([station])
    for event in case.events:
        more = dict(event.more)
        at = np.array([wall(event.at)])
        common = {
            "rows": np.array([position]),
            "station": where,
            "recorded": np.array([wall(more.pop("recorded"))]) if "recorded" in more else at + MINUTE,
            "prompt": True,
        }
        if "due" in more:
            common["due"] = np.array([wall(more.pop("due"))])
        for name in ("tag", "corrects"):
            if name in more:
                more[name] = f"{case.name}:{more[name]}"
        if "to_station" in more:
            more["to_station"] = np.array([more["to_station"]])
        if event.what in ("dispatch", "sign"):
            common["post"] = city.CONTROL_POST[where]
        if event.what.startswith("move:"):
            stream.move(case.loop, event.what[5:], at, **common, **more)
        else:
            stream.stage(case.loop, event.what, at, **common, **more)


