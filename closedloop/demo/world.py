"""Everything that happened in the demo city, before anybody exported it."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from closedloop.demo import (
    directives,
    disputes,
    diversions,
    hazards,
    incident_moves,
    incidents,
    places,
    planted,
    volunteers,
)
from closedloop.demo.items import Items
from closedloop.demo.plan import Plan
from closedloop.demo.stream import Stream


@dataclass
class World:
    """What each subject made. ``events`` is the whole stream; ``cases`` tells what planted cases became."""

    plan: Plan
    where: places.Places
    calls: incidents.Incidents
    diverted: Items
    disputed: Items
    directed: Items
    hazardous: Items
    helped: volunteers.Volunteers
    events: pl.DataFrame
    cases: dict[str, dict]


def make(plan: Plan) -> World:
    """Let two years happen."""
    where = places.build(plan)
    stream = Stream(plan)
    calls = incidents.build(plan, where)
    diverted = diversions.build(plan, calls, stream)
    incident_moves.add(plan, calls, stream)
    positions = [planted.add(diverted, planted.DIVERSIONS, where, stream)]
    disputed = disputes.build(plan, calls, where, stream)
    positions.append(planted.add(disputed, planted.DISPUTES, where, stream))
    directed = directives.build(plan, calls, disputed, where, stream)
    day = planted.last_day(plan)
    positions.append(planted.add(directed, (*planted.DIRECTIVES, *day), where, stream))
    hazardous = hazards.build(plan, where, stream)
    positions.append(planted.add(hazardous, planted.HAZARDS, where, stream))
    loops = (diverted, disputed, directed, hazardous)
    events = stream.frame({"incident": calls.ids, **{i.loop: i.ids for i in loops}})
    notes = {
        c.name: c
        for c in (*planted.DIVERSIONS, *planted.DISPUTES, *planted.DIRECTIVES, *day, *planted.HAZARDS)
    }
    cases = {}
    for items, found in zip(loops, positions, strict=True):
        for name, position in found.items():
            case = notes[name]
            cases[name] = {
                "loop": items.loop,
                "item_id": str(items.ids[position]),
                "station_id": case.station_id,
                "note": case.note,
            }
    return World(
        plan, where, calls, diverted, disputed, directed, hazardous, volunteers.build(plan), events, cases
    )
