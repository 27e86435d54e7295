"""The ids that rows may refer to, from the reference seeds. A Chinese name stands for its id."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from closedloop.errors import ClosedloopError

#: Seed and key column of every plain reference a contract column can name.
_PLAIN = {
    "departments": "department_id",
    "loops": "loop",
    "moves": "move",
    "severities": "severity",
    "categories": "category",
}


@dataclass(frozen=True)
class Reference:
    """``ids[reference]`` gives the id for an id or a name; ``stages[loop]`` the stage for a stage or its
    name."""

    ids: dict[str, dict[str, str]]
    stages: dict[str, dict[str, str]]
    first_stage: dict[str, str]

    @property
    def loop_stages(self) -> list[tuple[str, str]]:
        """Every (loop, stage) there is."""
        return [(loop, stage) for loop, names in self.stages.items() for stage in sorted(set(names.values()))]


def load_reference(folder: Path) -> Reference:
    """Read the seeds that intake needs. Raises ClosedloopError naming a seed that is missing."""
    stamps = tuple(
        (folder / f"{name}.csv").stat().st_mtime_ns if (folder / f"{name}.csv").exists() else 0
        for name in (*_PLAIN, "loop_stages")
    )
    return _load(folder, stamps)


@lru_cache(maxsize=8)
def _load(folder: Path, _stamps: tuple[int, ...]) -> Reference:
    ids = {name: _names(_rows(folder, name), key) for name, key in _PLAIN.items()}
    ids["severities"] |= {name.removesuffix("色"): key for name, key in ids["severities"].items()}
    stages: dict[str, dict[str, str]] = {}
    rows = _rows(folder, "loop_stages")
    for loop in ids["loops"].values():
        stages[loop] = _names([row for row in rows if row["loop"] == loop], "stage")
    first = {row["loop"]: row["first_stage"] for row in _rows(folder, "loops")}
    return Reference(ids, stages, first)


def _names(rows: list[dict[str, str]], key: str) -> dict[str, str]:
    names: dict[str, str] = {}
    for column in (key, "name_zh"):
        for row in rows:
            if name := row.get(column):
                # An id wins over a name, and the first row over a later one of the same name.
                names.setdefault(name, row[key])
    return names


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    path = folder / f"{name}.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except OSError as error:
        raise ClosedloopError(f"the reference {path} cannot be read: {error.strerror}") from error
