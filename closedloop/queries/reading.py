"""How every question is put to the marts: in a scope, read-only, and knowing which build answered.

A build is published by renaming schemas, which a statement may straddle. So the build is read before and
after the question; two equal answers prove that nothing was swapped in between, and a difference asks again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pandas as pd
from psycopg.errors import InvalidSchemaName, UndefinedTable
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from closedloop.errors import ClosedloopError
from closedloop.warehouse.scope import Scope, scoped_connection

#: Attribute of a frame that names the build it was read from.
BUILD = "build_id"

_BUILD_SQL = text("select build_id from marts.ops_status")
_ATTEMPTS = 5


class NothingPublished(ClosedloopError):
    """The warehouse answers, but no build has been published yet."""


NOT_BUILT = "nothing has been built yet; load files and run: python -m closedloop build"


def read(scope: Scope, as_of: datetime, sql: str, params: Mapping[str, object] | None = None) -> pd.DataFrame:
    """Put one statement to the marts and return its rows, columns in the statement's order.

    ``as_of`` is bound as ``:as_of``. ``frame.attrs["build_id"]`` names the build that answered; an empty
    frame keeps its columns. Raises NothingPublished before the first build and WarehouseUnavailable when
    nothing answers.
    """
    if as_of.tzinfo is None:
        raise ValueError("as_of has no time zone; pages take it from the warehouse's own")
    bound = {**(params or {}), "as_of": as_of}
    before = after = None
    for _ in range(_ATTEMPTS):
        with scoped_connection(scope) as connection:
            before = _build(connection)
            if before is None:
                raise NothingPublished(NOT_BUILT)
            frame = _frame(connection, sql, bound)
            after = _build(connection)
        if before == after:
            frame.attrs[BUILD] = before
            return frame
    raise NothingPublished(f"builds are being published faster than they can be read ({before}, {after})")


def read_once(scope: Scope, as_of: datetime, sql: str) -> list[dict]:
    """Put a statement that names its own build: one that reads nothing but the state of publishing.

    Asked on every run of every page, so its rows are plain dictionaries.
    """
    with scoped_connection(scope) as connection:
        try:
            return [dict(row) for row in connection.execute(text(sql), {"as_of": as_of}).mappings()]
        except ProgrammingError as error:
            if isinstance(error.orig, UndefinedTable | InvalidSchemaName):
                raise NothingPublished(NOT_BUILT) from error
            raise


def _frame(connection: Connection, sql: str, bound: Mapping[str, object]) -> pd.DataFrame:
    result = connection.execute(text(sql), bound)
    # Plain tuples: of the driver's rows pandas takes eight times as long to make the same frame.
    return pd.DataFrame.from_records(list(map(tuple, result)), columns=list(result.keys()))


def _build(connection: Connection) -> int | None:
    """The published build, None when nothing is published: no row, or no table yet."""
    try:
        found = connection.execute(_BUILD_SQL).scalar()
    except ProgrammingError as error:
        if isinstance(error.orig, UndefinedTable | InvalidSchemaName):
            return None
        raise
    return None if found is None else int(found)


def rows(frame: pd.DataFrame) -> list[dict]:
    """The rows of a small frame as dictionaries, missing values as None."""
    # Column by column: row access costs a data frame a hundred times as much, and pages do this often.
    names = list(frame.columns)
    columns = ([None if value != value else value for value in frame[name].tolist()] for name in names)
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
