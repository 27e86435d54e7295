"""The digest of a row's content, by which an unchanged row is known."""

from __future__ import annotations

from sqlalchemy import Table

from closedloop.intake.contract import business_columns


def row_hash(table: Table, alias: str) -> str:
    """SQL for the digest of the business columns of ``alias``.

    Blank fields do not take part, so a column added to the contract later changes no digest.
    """
    parts = ", ".join(f"'{c.name}=' || {alias}.{c.name}" for c in business_columns(table))
    return f"md5(concat_ws(chr(31), {parts}))"
