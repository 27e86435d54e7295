"""A column that the file does not have says nothing; a blank cell in a column that it has says blank.

So a row that is known already keeps, in the columns that the file lacks, what its current version has. Else a
file with fewer columns, or one loaded without its mapping, would open every closed case again. A constant or
a derived field of a mapping counts as a column; a row that was withdrawn and is back has nothing to keep.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import psycopg
from sqlalchemy import Table

from closedloop.hints import Hint, hint
from closedloop.intake.contract import business_columns, key_of
from closedloop.intake.store.copying import INCOMING
from closedloop.warehouse.statements import of_names, only_row

#: Fields of which every row has one: it says that the other is blank.
_EITHER = {"loop_events": ("stage", "move")}


@dataclass(frozen=True)
class Kept:
    """Known rows that keep something the file does not say: how many, and the fields that were not blank."""

    table: str
    rows: int
    fields: tuple[str, ...]

    @property
    def hint(self) -> Hint | None:
        """The sentence to whoever loads; None where nothing was kept."""
        if not self.fields:
            return None
        return hint(
            "kept_unsaid",
            table=self.table,
            count=len(self.fields),
            rows=self.rows,
            fields=", ".join(self.fields),
        )


def keep_unsaid(connection: psycopg.Connection, table: Table, said: Collection[str]) -> Kept:
    """Fill the incoming rows, where they are blank in a column that is not ``said``, from the current
    versions. Call before the rows are compared: whether a row changed follows from it."""
    columns = unsaid(table, said)
    if not columns:
        return Kept(table.name, 0, ())
    filled = ", ".join(f"{name} = coalesce(arriving.{name}, known.{name})" for name in columns)
    return _counted(
        connection,
        table,
        columns,
        f"""
        update {INCOMING} as arriving
        set {filled}
        from raw.{table.name} as known
        where {_known(table, columns)}
        returning {_offered(columns)}
        """,
    )


def count_unsaid(connection: psycopg.Connection, table: Table, said: Collection[str]) -> Kept:
    """What :func:`keep_unsaid` would keep. Changes nothing, and asks the incoming rows for their key and
    the columns that are not said only."""
    columns = unsaid(table, said)
    if not columns:
        return Kept(table.name, 0, ())
    return _counted(
        connection,
        table,
        columns,
        f"""
        select {_offered(columns)}
        from {INCOMING} as arriving
        join raw.{table.name} as known on {_known(table, columns)}
        """,
    )


def unsaid(table: Table, said: Collection[str]) -> list[str]:
    """The fields of which rows with these columns say nothing, in the order of the contract."""
    spoken = {key_of(table), *said, *_EITHER.get(table.name, ())}
    return [column.name for column in business_columns(table) if column.name not in spoken]


def _known(table: Table, columns: list[str]) -> str:
    """SQL: the current version of an arriving row, where it has something to give."""
    key = key_of(table)
    gives = " or ".join(f"(arriving.{name} is null and known.{name} is not null)" for name in columns)
    return f"known.{key} = arriving.{key} and known.is_current and not known.retracted and ({gives})"


def _offered(columns: list[str]) -> str:
    return ", ".join(f"known.{name}" for name in columns)


def _counted(connection: psycopg.Connection, table: Table, columns: list[str], rows: str) -> Kept:
    counts = ", ".join(f"count({name})" for name in columns)
    found, *filled = only_row(
        connection.execute(of_names(f"with kept as ({rows}) select count(*), {counts} from kept"))
    )
    names = {column.name: f"{column.name} ({column.info['zh']})" for column in business_columns(table)}
    return Kept(table.name, found, tuple(names[name] for name, n in zip(columns, filled, strict=True) if n))
