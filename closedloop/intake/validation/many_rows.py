"""The columns of a long table: several at a time, and of a column with few different texts each text once.

What a text becomes depends on nothing but the text, so both give what :func:`type_column` gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import polars as pl
from sqlalchemy import Column

from closedloop.intake.pseudonym import Pseudonymiser
from closedloop.intake.reference import Reference
from closedloop.intake.validation.columns import HowWritten, Problem, TypedColumn, type_column

#: Below this height there is nothing to gain.
MANY = 20_000
#: Texts looked at to see whether a column says the same over and over, and how many of them may differ.
_SAMPLE, _FEW = 2_000, 500


def type_columns(
    columns: Sequence[Column],
    texts: pl.DataFrame,
    how: dict[str, HowWritten],
    reference: Reference,
    pseudonymise: Pseudonymiser,
) -> dict[str, TypedColumn]:
    """Every column by its name."""

    def typed(column: Column) -> TypedColumn:
        cells, written = texts[column.name], how[column.name]
        if len(cells) >= MANY and _says_little(cells):
            return _once_per_text(column, cells, written, reference, pseudonymise)
        return type_column(column, cells, written, reference, pseudonymise)

    if texts.height < MANY:
        return {column.name: typed(column) for column in columns}
    # The data-frame engine works beside Python: while one column is hashed, others are parsed. What takes
    # longest begins first.
    hashed_first = sorted(columns, key=lambda column: not column.info.get("pseudonym"))
    with ThreadPoolExecutor() as pool:
        done = dict(zip((c.name for c in hashed_first), pool.map(typed, hashed_first), strict=True))
    return {column.name: done[column.name] for column in columns}


def _says_little(cells: pl.Series) -> bool:
    return cells.gather_every(max(1, len(cells) // _SAMPLE)).n_unique() <= _FEW


def _once_per_text(
    column: Column,
    cells: pl.Series,
    how: HowWritten,
    reference: Reference,
    pseudonymise: Pseudonymiser,
) -> TypedColumn:
    different = cells.unique().drop_nulls()
    # The last place is that of a blank cell, which may be wrong as well.
    blank = len(different)
    places = pl.int_range(blank, dtype=pl.UInt32, eager=True)
    where = cells.replace_strict(different, places, default=blank, return_dtype=pl.UInt32)
    typed = type_column(column, different.extend_constant(None, 1), how, reference, pseudonymise)
    return TypedColumn(
        typed.values.gather(where),
        [
            Problem(problem.field, problem.code, problem.rows.gather(where), problem.detail)
            for problem in typed.problems
            # A blank that no cell is may have been found wrong.
            if problem.rows.gather(where).any()
        ],
    )
