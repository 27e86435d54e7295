"""The oracle's answers beside those of the marts: what differs, told so that somebody can act on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from tests.asof.marts_at import in_order, marts_at
from tests.oracle.loop_oracle import ItemAt, TargetAt, item_at
from tests.oracle.raw_rows import Item, Raw, known_until
from tests.oracle.reference import Reference

BATCH = 20_000


@dataclass
class Comparison:
    """How much was compared, and the differences: one line each, with the item's own history below it."""

    items: int = 0
    targets: int = 0
    differences: list[str] | None = None

    def __str__(self) -> str:
        return f"{self.items} item states and {self.targets} target states compared"


def compare(
    connection: Connection, raw: Raw, reference: Reference, asked: Iterable[tuple[Item, datetime]]
) -> Comparison:
    """Ask both about every (item, moment); existence, state and every target have to agree."""
    reference = reference.with_stations(raw.stations)
    known = known_until(raw.coverage)
    result = Comparison(differences=[])
    told: set[str] = set()
    pairs = list(asked)
    for start in range(0, len(pairs), BATCH):
        batch = pairs[start : start + BATCH]
        marts = marts_at(connection, [(item.work_item_id, moment) for item, moment in batch])
        for item, moment in batch:
            oracle = item_at(item, reference, moment, known)
            if oracle is not None:
                oracle = replace(oracle, targets=in_order(oracle.targets))
                result.items += 1
                result.targets += len(oracle.targets)
            lines = list(_difference(oracle, marts.get((item.work_item_id, moment))))
            if lines:
                result.differences.append(f"{item.work_item_id} at {moment}:\n  " + "\n  ".join(lines))
                if item.work_item_id not in told and len(told) < 5:
                    told.add(item.work_item_id)
                    result.differences.append(_history(item))
    return result


def _difference(oracle: ItemAt | None, marts: ItemAt | None) -> Iterable[str]:
    if oracle is None or marts is None:
        if oracle is not marts:
            yield f"exists: oracle {oracle is not None}, marts {marts is not None}"
        return
    for field in fields(ItemAt):
        if field.name != "targets" and getattr(oracle, field.name) != getattr(marts, field.name):
            yield f"{field.name}: oracle {getattr(oracle, field.name)}, marts {getattr(marts, field.name)}"
    ours = {(t.target, t.spell_no): t for t in oracle.targets}
    theirs = {(t.target, t.spell_no): t for t in marts.targets}
    for spell in sorted(ours.keys() | theirs.keys()):
        name = f"target {spell[0]} spell {spell[1]}"
        if spell not in ours or spell not in theirs:
            side = "oracle" if spell in ours else "marts"
            yield f"{name}: only in {side}: {ours.get(spell) or theirs[spell]}"
            continue
        for field in fields(TargetAt):
            mine, other = getattr(ours[spell], field.name), getattr(theirs[spell], field.name)
            if mine != other:
                yield f"{name} {field.name}: oracle {mine}, marts {other}"


def _history(item: Item) -> str:
    lines = [
        f"  its history: opened {item.opened_at}, station {item.station_id}, severity {item.severity}, "
        f"due {item.due_at}, withdrawn {item.withdrawn_at}"
    ]
    for e in item.events:
        more = {
            k: e.get(k) for k in ("severity", "due_at", "outcome", "station_id", "post_id", "department_id")
        }
        shown = " ".join(f"{k}={v}" for k, v in more.items() if v is not None)
        lines.append(f"    {e['occurred_at']} {e.get('stage') or '*' + e['move']} {shown}")
    return "\n".join(lines)


def own_moments(item: Item, reference: Reference, step: timedelta) -> set[datetime]:
    """The moments at which an item may change: its events, deadlines and end, and a ``step`` either side."""
    moments = {max(e["occurred_at"], item.opened_at) for e in item.events} | {item.opened_at}
    if item.withdrawn_at is not None:
        moments.add(max(item.withdrawn_at, item.opened_at))
    for moment in list(moments):
        found = item_at(item, reference, moment)
        moments |= {t.due for t in found.targets if t.due}
    return {m + d for m in moments for d in (-step, timedelta(0), step)}
