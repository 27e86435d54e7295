"""The reference data as plain dictionaries, read straight from the CSV files."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from tests.oracle.working_time import WorkingTime

SEEDS = Path(__file__).parents[2] / "seeds" / "reference"

#: What counts as a failed inspection.
FAILED = frozenset({"failed", "fail", "不合格"})


@dataclass(frozen=True)
class Reference:
    """Loops, their stages, moves, severities, policies and the calendar.

    ``stages``: loop → stage → row. ``targets``: loop → target → its policy rows, in file order.
    """

    loops: dict[str, dict[str, Any]]
    stages: dict[str, dict[str, dict[str, Any]]]
    effects: dict[str, str]
    ranks: dict[str, int]
    targets: dict[str, dict[str, list[dict[str, Any]]]]
    working_time: WorkingTime
    bureau_of: dict[str, str] = field(default_factory=dict)

    @classmethod
    @cache
    def read(cls, folder: Path = SEEDS, zone: str = "Asia/Shanghai") -> Reference:
        def rows(name: str) -> list[dict[str, Any]]:
            with (folder / f"{name}.csv").open(encoding="utf-8") as lines:
                return [{k: v or None for k, v in row.items()} for row in csv.DictReader(lines)]

        stages: dict[str, dict[str, dict[str, Any]]] = {}
        for row in rows("loop_stages"):
            row["ordinal"] = int(row["ordinal"])
            for flag in ("required", "repeatable", "milestone", "closes"):
                row[flag] = row[flag] == "1"
            stages.setdefault(row["loop"], {})[row["stage"]] = row

        targets: dict[str, dict[str, list[dict[str, Any]]]] = {}
        for row in rows("sla_policy"):
            row["limit_value"] = int(row["limit_value"])
            for flag in ("to_close_of_day", "uses_item_due", "extendable", "restart_on_reopen"):
                row[flag] = row[flag] == "1"
            targets.setdefault(row["loop"], {}).setdefault(row["target"], []).append(row)

        return cls(
            loops={row["loop"]: row for row in rows("loops")},
            stages=stages,
            effects={row["move"]: row["effect"] for row in rows("moves")},
            ranks={row["severity"]: int(row["severity_rank"]) for row in rows("severities")},
            targets=targets,
            working_time=WorkingTime.read(folder / "calendar.csv", zone),
        )

    def with_stations(self, stations: list[dict[str, Any]]) -> Reference:
        """The same, knowing these raw station rows."""
        current = [s for s in stations if s["is_current"] and not s["retracted"]]
        return replace(self, bureau_of={s["station_id"]: s["bureau_id"] for s in current})
