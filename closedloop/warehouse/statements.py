"""Statements and answers, as the type checker wants them said."""

from __future__ import annotations

from typing import TypeVar

import psycopg

Row = TypeVar("Row")


def of_names(text: str) -> bytes:
    """A statement put together from names of our own contract and migrations.

    psycopg takes literal text alone, so that nobody joins in what a file or a visitor says. Whoever calls
    this vouches for the rest: names of tables and columns, never a value.
    """
    return text.encode()


def only_row(cursor: psycopg.Cursor[Row]) -> Row:
    """The row of a statement that always has one: a count, an insert … returning."""
    row = cursor.fetchone()
    assert row is not None
    return row
