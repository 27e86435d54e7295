"""Short hand-written histories for the tests of the replay: local clock times, one line per event."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.loop_oracle import ItemAt, TargetAt, item_at
from tests.oracle.raw_rows import ITEM_TABLES, Raw, Row, known_until, work_items
from tests.oracle.reference import Reference

SHANGHAI = ZoneInfo("Asia/Shanghai")
STATIONS = [
    {"station_id": s, "bureau_id": "B1", "is_current": True, "retracted": False} for s in ("S01", "S02")
]
CURRENT = {"is_current": True, "retracted": False}

TABLE_OF = {
    "directive": "directives",
    "incident": "incidents",
    "dispute": "disputes",
    "diversion": "diversions",
    "call": "incidents",
}


def local(clock: str) -> datetime:
    """``2025-04-23 10:00[:00]`` on the wall clock of Shanghai."""
    return datetime.fromisoformat(clock).replace(tzinfo=SHANGHAI).astimezone(UTC)


def event(clock: str, what: str, **more: Any) -> Row:
    """``what`` is a stage, or a move written with a star: ``*reopen``. Later lines get later ids."""
    kind = {"move": what[1:]} if what.startswith("*") else {"stage": what}
    if "due_at" in more:
        more["due_at"] = local(more["due_at"])
    return {"occurred_at": local(clock), **kind, **CURRENT, **more}


class Story:
    """One item of ``loop`` opened at ``opened``, and the events that befell it."""

    def __init__(
        self,
        loop: str,
        opened: str,
        *events: Row,
        reference: Reference | None = None,
        covered_until: str | None = None,
        **item: Any,
    ) -> None:
        table = TABLE_OF.get(loop, "tasks")
        key, _, opened_by = ITEM_TABLES[table]
        if "due_at" in item:
            item["due_at"] = local(item["due_at"])
        row = {key: "X", "loop": loop, opened_by: local(opened), "station_id": "S01", **CURRENT, **item}
        for number, e in enumerate(events):
            e.setdefault("event_id", f"{number:04}")
            e.update(loop=loop, item_id="X")
        coverage = []
        if covered_until:
            coverage = [{"station_id": "S01", "table_name": table, "covers_until": local(covered_until)}]
        self.reference = (reference or Reference.read()).with_stations(STATIONS)
        self.raw = Raw({table: [row]}, list(events), STATIONS, coverage)

    def at(self, clock: str | datetime) -> ItemAt | None:
        moment = local(clock) if isinstance(clock, str) else clock
        (item,) = work_items(self.raw, self.reference)
        return item_at(item, self.reference, moment, known_until(self.raw.coverage))

    def target(self, clock: str | datetime, target: str, spell_no: int = 1) -> TargetAt:
        found = self.at(clock)
        assert found is not None
        (spell,) = [t for t in found.targets if (t.target, t.spell_no) == (target, spell_no)]
        return spell

    def state(self, clock: str | datetime, target: str, spell_no: int = 1) -> str:
        return self.target(clock, target, spell_no).state
