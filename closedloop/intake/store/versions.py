"""Incoming rows against what is known: a new key is version 1, changed content a new version, the rest
nothing."""

from __future__ import annotations

from datetime import datetime

import psycopg
from sqlalchemy import Table

from closedloop.intake.contract import business_columns, key_of
from closedloop.intake.store.copying import INCOMING
from closedloop.intake.store.stage_rules import RULE, StageRules
from closedloop.warehouse.statements import of_names

#: Keys of the incoming rows that have a current version, and whether it has the same content.
PRIOR = "prior"


def compare(connection: psycopg.Connection, table: Table) -> int:
    """Find what is known of the incoming keys, drop the unchanged rows from the incoming ones, return how
    many.

    A row that was withdrawn and is back is a change, though its content is the same.
    """
    key = key_of(table)
    connection.execute(of_names(f"drop table if exists {PRIOR}"))
    connection.execute(
        of_names(f"""
        create temporary table {PRIOR} on commit drop as
        select
            known.{key},
            known.version,
            not known.retracted
            and {_row(table, "known")} is not distinct from {_row(table, "arriving")} as same
        from {INCOMING} as arriving
        join raw.{table.name} as known on known.{key} = arriving.{key} and known.is_current
        """)
    )
    connection.execute(of_names(f"analyze {PRIOR}"))
    unchanged = connection.execute(
        of_names(
            f"delete from {INCOMING} as arriving using {PRIOR} as prior "
            f"where prior.{key} = arriving.{key} and prior.same"
        )
    ).rowcount
    connection.execute(of_names(f"delete from {PRIOR} where same"))
    return unchanged


def insert_versions(
    connection: psycopg.Connection,
    table: Table,
    rules: StageRules | None,
    batch_id: int,
    source_file: str,
    loaded_at: datetime,
) -> int:
    """Write what is left of the incoming rows as current versions; how many there were. Items never seen
    before carry their ``rules``; of the others the stage events are written down by now."""
    key = key_of(table)
    rule = ruled = ""
    if rules:
        rule, ruled = f", {RULE}", f", case when prior.{key} is null then {rules.in_sql('arriving')} end"
    connection.execute(
        of_names(
            f"update raw.{table.name} as known set is_current = false from {PRIOR} as prior "
            f"where known.{key} = prior.{key} and known.is_current"
        )
    )
    names = ", ".join(column.name for column in business_columns(table))
    arriving = ", ".join(f"arriving.{column.name}" for column in business_columns(table))
    return connection.execute(
        of_names(f"""
        insert into raw.{table.name}
            ({names}, version, is_current, retracted, batch_id, source_file, source_row, loaded_at{rule})
        select
            {arriving},
            coalesce(prior.version, 0) + 1,
            true,
            false,
            %(batch_id)s,
            coalesce(arriving.source_file, %(source_file)s),
            arriving.source_row,
            %(loaded_at)s{ruled}
        from {INCOMING} as arriving
        left join {PRIOR} as prior on prior.{key} = arriving.{key}
        """),
        {"batch_id": batch_id, "source_file": source_file, "loaded_at": loaded_at},
    ).rowcount


def _row(table: Table, alias: str) -> str:
    """SQL for the content of a row: every column that a file can fill."""
    return "(" + ", ".join(f"{alias}.{column.name}" for column in business_columns(table)) + ")"
