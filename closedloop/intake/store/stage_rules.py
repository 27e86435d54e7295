"""Which stages the times of an item's row are. A row that carries a rule has its stage events derived where
they are read (``raw.derived_events``); they are written down only when the row changes, or is named by an
event.

Reference data change and events do not, so what a load found in force is kept with a number
(``ops.stage_rules``), and every row of that load carries the number of its loop.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import polars as pl
import psycopg
from psycopg import sql
from sqlalchemy import Table

from closedloop.intake.contract import ITEM_TABLES, ItemTable, stage_columns
from closedloop.intake.reference import Reference
from closedloop.warehouse.statements import only_row

#: The stage of a column that opens items of any loop: the loop's own first stage.
FIRST = "@first"
#: The column of an item's row that carries its rule.
RULE = "stage_rule"


@dataclass(frozen=True)
class StageRules:
    """The rules in force for one table of items: ``numbers[loop]``, and ``stages[loop]`` by the position of
    the time, from 1."""

    item: ItemTable
    numbers: dict[str, int]
    stages: dict[str, dict[int, str]]

    def in_sql(self, row: str) -> str:
        """SQL for the number of the rule of a row; null where its loop has no stage of a time."""
        numbers = "".join(f" when {_literal(loop)} then {number}" for loop, number in self.numbers.items())
        return f"case {loop_in_sql(self.item, row)}{numbers} end" if numbers else "null::integer"

    def of_rows(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows with the numbers of their rules as :data:`RULE`."""
        default = self.item.default_loop
        loop = pl.col("loop") if "loop" in rows.columns else pl.lit(None, dtype=pl.String)
        loop = loop if default is None else loop.fill_null(default)
        return rows.with_columns(
            loop.replace_strict(self.numbers, default=None, return_dtype=pl.Int32).alias(RULE)
        )

    def events_of(self, rows: pl.DataFrame) -> int:
        """How many events the times of these rows are."""
        times = [column.name for column in stage_columns(self.item.table)]
        there = [pl.col(name).count() for name in times if name in rows.columns]
        counted = self.of_rows(rows).group_by(RULE).agg(there)
        stages = {number: self.stages[loop] for loop, number in self.numbers.items()}
        return sum(
            count[times[position - 1]] or 0
            for count in counted.iter_rows(named=True)
            for position in stages.get(count[RULE], ())
            if times[position - 1] in count
        )


def rules_in_force(connection: psycopg.Connection, table: Table, reference: Reference) -> StageRules | None:
    """The rules that the reference gives a table's rows, numbered; None for a table that has no items. Call
    under the lock."""
    item = ITEM_TABLES.get(table.name)
    if item is None:
        return None
    wanted = _stages(item, reference)
    known: dict[int, tuple[str, dict[int, str]]] = defaultdict(lambda: ("", {}))
    for number, position, loop, stage in connection.execute(
        "select rule, position, loop, stage from ops.stage_rules where table_name = %s order by rule",
        [table.name],
    ):
        known[number] = (loop, known[number][1] | {position: stage})
    kept = {loop: number for number, (loop, stages) in known.items() if wanted.get(loop) == stages}
    for loop in wanted.keys() - kept.keys():
        kept[loop] = _keep(connection, table, loop, wanted[loop])
    return StageRules(item, kept, wanted)


def loop_in_sql(item: ItemTable, row: str) -> str:
    """SQL for the loop of a row."""
    return f"coalesce({row}.loop, {_literal(item.default_loop)})" if item.default_loop else f"{row}.loop"


def _stages(item: ItemTable, reference: Reference) -> dict[str, dict[int, str]]:
    """By loop and position of the time: the stage."""
    found: dict[str, dict[int, str]] = defaultdict(dict)
    there = set(reference.loop_stages)
    for position, column in enumerate(stage_columns(item.table), 1):
        stage = column.info["stage"]
        if stage == FIRST:
            opening = reference.first_stage
        else:
            opening = {loop: stage for loop in reference.stages if (loop, stage) in there}
        for loop, opens in opening.items():
            found[loop][position] = opens
    return dict(found)


def _keep(connection: psycopg.Connection, table: Table, loop: str, stages: dict[int, str]) -> int:
    (number,) = only_row(connection.execute("select coalesce(max(rule), 0) + 1 from ops.stage_rules"))
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.stage_rules (rule, position, table_name, loop, stage) "
            "values (%s, %s, %s, %s, %s)",
            [(number, position, table.name, loop, stage) for position, stage in stages.items()],
        )
    return number


def _literal(text: str) -> str:
    return sql.Literal(text).as_string(None)
