"""Later exports that put something right: corrected cells, and items that are no longer there."""

from __future__ import annotations

import numpy as np
import polars as pl

from closedloop.demo.clock import NEVER, wall
from closedloop.demo.export import ExportFile
from closedloop.demo.plan import Plan


def _some(rng: np.random.Generator, frame: pl.DataFrame, n: int) -> pl.DataFrame:
    """``n`` rows of a frame in their order."""
    return frame[pl.Series(np.sort(rng.choice(len(frame), min(n, len(frame)), replace=False)))]


def incidents(plan: Plan, history: pl.DataFrame) -> ExportFile:
    """Incidents of December 2024, exported again in January with another category."""
    rng = plan.rng("export")
    first, last, exported = "2024-12-01 00:00:00", "2025-01-01 00:00:00", "2025-01-15 00:00:00"
    closed = history.filter(
        (pl.col("received_at") >= first)
        & (pl.col("received_at") < last)
        & pl.col("closed_at").is_not_null()
        & (pl.col("closed_at") < "2025-01-10")
        & pl.col("final_type").is_in(["help", "report", "other", "public_order"])
        & pl.col("arrived_at").is_not_null()
        & pl.col("dispatched_at").is_not_null()
    )
    rows = _some(rng, closed, plan.count(38, 3))
    corrected = pl.when(pl.col("final_type") == "help").then(pl.lit("dispute")).otherwise(pl.lit("help"))
    rows = rows.with_columns(final_type=corrected, elements_recorded=pl.lit("7"))
    return ExportFile("incidents_corrected_20250115.csv", "incidents", rows, (first, exported))


def disputes(plan: Plan, history: pl.DataFrame) -> ExportFile:
    """Disputes of autumn 2024 whose kind was corrected in January."""
    rng = plan.rng("export").spawn(1)[0]
    first, last = "2024-10-01 00:00:00", "2025-01-01 00:00:00"
    rows = _some(
        rng, history.filter((pl.col("found_at") >= first) & (pl.col("found_at") < last)), plan.count(9, 2)
    )
    rows = rows.with_columns(
        dispute_type=pl.when(pl.col("dispute_type") == "debt")
        .then(pl.lit("consumer"))
        .otherwise(pl.lit("debt"))
    )
    return ExportFile("disputes_corrected_20250110.csv", "disputes", rows, (first, last))


def events(plan: Plan, history: pl.DataFrame) -> ExportFile:
    """Revisits of disputes booked on the wrong day: the same events with another time."""
    rng = plan.rng("export").spawn(2)[1]
    first, last = "2024-11-01 00:00:00", "2025-01-15 00:00:00"
    booked = history.filter(
        (pl.col("stage") == "revisit") & (pl.col("occurred_at") >= first) & (pl.col("occurred_at") < last)
    )
    rows = _some(rng, booked, plan.count(6, 1))
    moved = pl.col("occurred_at").str.to_datetime("%Y-%m-%d %H:%M:%S").dt.offset_by("-3h")
    rows = rows.with_columns(occurred_at=moved.dt.to_string("%Y-%m-%d %H:%M:%S"))
    return ExportFile("loop_events_corrected_20250115.csv", "loop_events", rows, (first, last))


def vanished(plan: Plan, first_export: pl.DataFrame, all_events: pl.DataFrame, spared: set[str]) -> list[str]:
    """Numbers of hazards that later disappeared from the source, open ones first."""
    rng = plan.rng("export").spawn(3)[2]
    settled = all_events.filter(
        (pl.col("loop") == "hazard")
        & ((pl.col("stage") == "close") | (pl.col("move") == "cancel"))
        & (pl.col("at") < min(wall("2025-04-24"), int(NEVER)))
    )
    candidates = first_export.filter(
        (pl.col("opened_at") < "2025-03-20")
        & ~pl.col("task_id").is_in(sorted(spared))
        & (pl.col("severity") != "red")
    )
    still_open = candidates.filter(~pl.col("task_id").is_in(settled["item_id"].unique().sort().to_list()))
    wanted = plan.count(6, 2)
    chosen = _some(rng, still_open, wanted)["task_id"].to_list()
    if len(chosen) < wanted:
        others = candidates.filter(~pl.col("task_id").is_in(chosen))
        chosen += _some(rng, others, wanted - len(chosen))["task_id"].to_list()
    return sorted(chosen)


def with_persons(frame: pl.DataFrame) -> pl.DataFrame:
    """The counter's file also has the caller and a narrative: obviously fake, and dropped by intake."""
    n = len(frame)
    return frame.with_columns(
        pl.Series("报警人", ["张某某", "李某某", "王某某"] * n)[:n].alias("报警人"),
        pl.Series("联系电话", ["13800000000"] * n, dtype=pl.String),
        pl.Series("身份证号", ["000000190001010000"] * n, dtype=pl.String),
        pl.Series("警情描述", ["张某某来所反映情况，联系电话13800000000，已登记。"] * n, dtype=pl.String),
    )
