"""Moves of incidents: merged, passed on, chased, prolonged, and the second round of the reopened ones."""

from __future__ import annotations

import numpy as np

from closedloop.demo import city
from closedloop.demo.clock import DAY, HOUR, MINUTE, happened, lag, later, only, waking
from closedloop.demo.incidents import Incidents
from closedloop.demo.plan import Plan
from closedloop.demo.stream import Stream


def add(plan: Plan, items: Incidents, stream: Stream) -> None:
    """Write the moves of all incidents to the stream."""
    rng = plan.rng("incidents").spawn(1)[0]
    n = len(items)
    station = items.station
    merged = items.merged_into >= 0
    joined_at = only(merged, items.received + rng.integers(4 * MINUTE, 16 * MINUTE, n))
    stream.move("incident", "cancel", joined_at, station=station, outcome="merged")

    # Wrong station: given to a neighbour on the way. The export keeps the station that took the call.
    wrong = ~merged & (rng.random(n) < 0.004) & (items.arrived - items.dispatched > 3 * MINUTE)
    wrong &= happened(items.arrived) & happened(items.dispatched)
    other = (station + rng.integers(1, 4, n)) % city.COUNT
    other = np.where(other == city.MISSING, (other + 1) % city.COUNT, other)
    given = only(wrong & (other != station), items.dispatched + rng.integers(60, 150, n))
    stream.move("incident", "reassign", given, station=station, to_station=city.IDS[other])

    due = items.received + 3 * DAY
    late = ~merged & (items.closed > due)
    chased = only(late & (rng.random(n) < 0.55), due + rng.integers(HOUR, 20 * HOUR, n))
    chased = only(chased < items.closed, chased)
    stream.move("incident", "chase", chased, station=station)

    longer = late & (rng.random(n) < 0.12)
    asked = only(longer, due - rng.integers(2 * HOUR, 30 * HOUR, n))
    asked = only(asked > items.handled, asked)
    granted = due + rng.integers(2, 6, n) * DAY
    stream.move("incident", "extend", asked, station=station, due=granted - granted % HOUR)

    again = ~merged & happened(items.closed) & (items.closed > items.received) & (rng.random(n) < 0.004)
    reopened = waking(rng, only(again, items.closed + lag(rng, n, 3 * DAY, 0.8).astype(np.int64)))
    handled = waking(rng, later(reopened, lag(rng, n, 5 * HOUR, 0.6)))
    closed = waking(rng, later(handled, lag(rng, n, 12 * HOUR, 0.9)))
    stream.move("incident", "reopen", reopened, station=station, outcome="caller_not_satisfied")
    stream.stage("incident", "handle", handled, station=station, post=items.post)
    stream.stage("incident", "close", closed, station=station)
