"""What is wrong in the files: rows that must end in quarantine, and lines that are no rows at all.

Every bad row is an *extra* row with a key of its own (or none), so no planned count depends on it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from closedloop.demo.plan import Plan

IMPOSSIBLE_TIMES = ("2023-13-45 25:61:00", "2024-02-30 10:00:00", "昨天下午", "00/00/0000")

#: table -> (column values that spoil a row, how often). The key gets a suffix unless the change names it.
SPOILED: dict[str, list[tuple[dict[str, str | None], int]]] = {
    "incidents": [
        *[({"received_at": t}, 1) for t in IMPOSSIBLE_TIMES],
        ({"closed_at": "2023-09-31 12:00:00"}, 1),
        ({"incident_id": None}, 3),
        ({"received_at": None}, 3),
        ({"response_zone": "9"}, 2),
        ({"is_valid": "也许"}, 1),
        ({"lon": "东经"}, 1),
    ],
    "disputes": [
        ({"severity": "orange"}, 2),
        ({"outcome": "搞定了"}, 2),
        ({"lead_department_id": "dept-77"}, 2),
        ({"found_at": "2023-06-31 09:00:00"}, 1),
    ],
    "directives": [
        ({"severity": "black"}, 2),
        ({"issued_at": "2024-04-31 09:00:00"}, 1),
        ({"due_at": "尽快"}, 2),
    ],
    "diversions": [
        ({"department_id": "dept-77"}, 4),
        ({"department_id": None}, 2),
        ({"sent_at": "25:00"}, 1),
    ],
    "loop_events": [
        ({"stage": "归档", "move": None}, 4),
        ({"stage": None, "move": "forward"}, 3),
        ({"stage": "handle", "move": "return", "loop": "directive"}, 3),
        ({"stage": None, "move": None}, 2),
        ({"department_id": "dept-77"}, 3),
        ({"occurred_at": "2024-00-10 08:00:00"}, 3),
        ({"loop": "permit"}, 1),
        ({"stage": None, "move": "recolour", "severity": "purple"}, 1),
    ],
    "volunteer_activities": [({"kind": "party"}, 2), ({"started_at": "晚上"}, 1)],
}

GARBAGE = ("#### 导出中断，请重试 ####", "-----,-----", "ERR 0x80004005")


@dataclass(frozen=True)
class Spoiled:
    """Bad rows of one file, as a frame of its columns."""

    rows: pl.DataFrame
    count: int


def spoil(plan: Plan, table: str, key: str, frame: pl.DataFrame) -> Spoiled:
    """Copies of good rows, each with one thing wrong and a number of its own."""
    changes = [change for change, times in SPOILED[table] for _ in range(times)]
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([plan.seed, len(changes), len(frame)])))
    source = frame[pl.Series(rng.integers(0, len(frame), len(changes)))].to_dicts()
    rows = []
    for i, (row, change) in enumerate(zip(source, changes, strict=True)):
        row[key] = f"{row[key]}-X{i}"
        rows.append(row | change)
    return Spoiled(pl.DataFrame(rows, schema=frame.schema), len(rows))


def mixed_in(frame: pl.DataFrame, bad: pl.DataFrame) -> pl.DataFrame:
    """Bad rows at even distances among the good ones."""
    step = max(1, len(frame) // (len(bad) + 1))
    good = frame.with_columns(_at=pl.int_range(pl.len()).cast(pl.Float64))
    wrong = bad.with_columns(_at=(pl.int_range(1, pl.len() + 1) * step).cast(pl.Float64) - 0.5)
    return pl.concat((good, wrong)).sort("_at", maintain_order=True).drop("_at")
