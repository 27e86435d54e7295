"""What is checked across the columns of a row, and across the rows of a file."""

from __future__ import annotations

import polars as pl
from sqlalchemy import Table

from closedloop.intake.contract import key_of
from closedloop.intake.reading import ROW
from closedloop.intake.reference import Reference
from closedloop.intake.validation.columns import Problem


def stages_of_loops(frame: pl.DataFrame, reference: Reference) -> tuple[pl.Series, list[Problem]]:
    """The stage of each event as its id, and what is wrong: a stage its loop does not have, or not one of
    both."""
    known = pl.DataFrame(
        [(loop, name, stage) for loop, names in reference.stages.items() for name, stage in names.items()],
        schema={"loop": pl.String, "stage": pl.String, "stage_id": pl.String},
        orient="row",
    )
    resolved = frame.select("loop", "stage").join(
        known, on=["loop", "stage"], how="left", maintain_order="left"
    )
    problems = []
    for loop in frame["loop"].unique().drop_nulls():
        unknown = (frame["loop"] == loop) & frame["stage"].is_not_null() & resolved["stage_id"].is_null()
        if unknown.fill_null(False).any():
            problems.append(Problem("stage", "unknown_stage", unknown.fill_null(False), loop))
    return resolved["stage_id"], problems


def stage_or_move(texts: pl.DataFrame) -> list[Problem]:
    """An event is a stage reached or a move made, never both and never neither, known or unknown."""
    stage, move = (
        texts[name].is_not_null() if name in texts.columns else texts[ROW].is_null()
        for name in ("stage", "move")
    )
    return [
        Problem(None, code, rows)
        for code, rows in (("stage_and_move", stage & move), ("no_stage_or_move", ~stage & ~move))
        if rows.any()
    ]


def duplicates(table: Table, good: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """Rows to load, rows that contradict another row of the same key, and how many merely repeat one.

    Equal rows of one key are one row. Rows of one key that differ are all set aside: nobody can say from here
    which of them is right. The second frame has :data:`ROW` and ``others``, the rows that stand against each
    other.
    """
    key = key_of(table)
    repeated = good[key].is_duplicated()
    nothing = good.select(ROW).clear().with_columns(pl.lit(None, dtype=pl.String).alias("others"))
    if not repeated.any():
        return good, nothing, 0
    several = good.filter(repeated)
    distinct = several.unique(
        subset=[c for c in several.columns if c != ROW], keep="first", maintain_order=True
    )
    conflicting = distinct[key].is_duplicated()
    repeats = several.height - distinct.height
    if not conflicting.any():
        dropped = several.join(distinct, on=ROW, how="anti")
        return good.join(dropped, on=ROW, how="anti", maintain_order="left"), nothing, repeats
    bad_keys = distinct.filter(conflicting)[key].unique()
    against = several.filter(several[key].is_in(bad_keys.implode()))
    rows = against.group_by(key).agg(pl.col(ROW).sort().alias("rows"))
    against = (
        against.select(ROW, key)
        .join(rows, on=key)
        .select(
            ROW,
            pl.col("rows")
            .list.eval(pl.element().cast(pl.String))
            .list.head(5)
            .list.join(", ")
            .alias("others"),
        )
    )
    kept = distinct.filter(~conflicting)
    dropped = several.join(kept, on=ROW, how="anti")
    repeats = dropped.height - against.height
    return good.join(dropped, on=ROW, how="anti", maintain_order="left"), against, repeats
