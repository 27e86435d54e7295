"""Cases written by hand: one of every situation the pages and clocks must get right, at every scale.

They stand in ``cases/*.yml``. Each has a name; ``planted.yml`` beside the data tells which item it became.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from closedloop.demo import city, directives, hazards
from closedloop.demo.clock import MINUTE, NEVER, wall
from closedloop.demo.items import Items
from closedloop.demo.numbering import numbers
from closedloop.demo.places import Places
from closedloop.demo.plan import Plan
from closedloop.demo.stream import Stream

_FOLDER = Path(__file__).parent / "cases"


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


def _read(name: str, loop: str) -> tuple[Case, ...]:
    """The cases of one file, in its order."""
    found = yaml.load((_FOLDER / f"{name}.yml").read_text("utf-8"), Loader=yaml.BaseLoader)
    return tuple(
        Case(
            name=case,
            note=row.get("note", ""),
            loop=loop,
            station_id=row["station"],
            opened=row["opened"],
            severity=row.get("severity", ""),
            kind=row["kind"],
            events=tuple(_event(line) for line in row.get("events", ())),
            due=row.get("due"),
            department=row.get("department", ""),
        )
        for case, row in found.items()
    )


def _event(line: str) -> Event:
    """``what, at[, key=value …]`` as an event."""
    what, at, *more = (part.strip() for part in line.split(","))
    return Event(what, at, dict(part.split("=", 1) for part in more))


LAST_DAY = _read("last_day", "directive")
DIRECTIVES = _read("directives", "directive")
DISPUTES = _read("disputes", "dispute")
DIVERSIONS = _read("diversions", "diversion")
HAZARDS = _read("hazards", "hazard")


def last_day(plan: Plan) -> tuple[Case, ...]:
    """The directives of the last duty day: the nine, and above scale 1 their like at other stations."""
    cases = list(LAST_DAY)
    names = [s.station_id for i, s in enumerate(city.STATIONS) if i != city.MISSING]
    for i in range(len(LAST_DAY), plan.last_day_directives):
        case = LAST_DAY[i % len(LAST_DAY)]
        cases.append(
            Case(
                f"{case.name}_{i}",
                case.note,
                case.loop,
                names[i % len(names)],
                case.opened,
                case.severity,
                case.kind,
                case.events,
            )
        )
    return tuple(cases)


def add(items: Items, cases: tuple[Case, ...], where: Places, stream: Stream) -> dict[str, int]:
    """Append cases to their loop's items and their events to the stream; returns each one's position."""
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
    if items.odd_station is not None:
        items.odd_station = np.concatenate((items.odd_station, np.full(n, "")))
    if items.due is not None:
        items.due = np.concatenate((items.due, np.array([wall(c.due) if c.due else NEVER for c in cases])))
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
    assert items.outcome is not None and items.outcome_at is not None
    assert items.early_outcome is not None and items.early_outcome_at is not None
    items.outcome = np.concatenate((items.outcome, np.full(n, "resolved")))
    items.outcome_at = np.concatenate((items.outcome_at, np.array([at(c, "conclude") for c in cases])))
    items.early_outcome = np.concatenate((items.early_outcome, np.full(n, "stabilised")))
    items.early_outcome_at = np.concatenate(
        (items.early_outcome_at, np.array([at(c, "stabilise") for c in cases]))
    )


def _stream(stream: Stream, case: Case, position: int, station: int) -> None:
    """Write one case's events; they are recorded within a minute unless the case says otherwise."""
    where = np.array([station])
    for event in case.events:
        more: dict[str, Any] = dict(event.more)
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
