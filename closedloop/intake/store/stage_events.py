"""Times that come as columns of a work item are events too: they are unpivoted into ``raw.loop_events``.

The identifier of such an event is ``md5(table|key|stage)``, not its time: a corrected time is a new version
of the same event, an erased one retracts it.
"""

from __future__ import annotations

from datetime import datetime

import psycopg
from psycopg import sql
from sqlalchemy import Table

from closedloop.intake.contract import ITEM_TABLES, TABLES, ItemTable, business_columns
from closedloop.intake.reference import Reference
from closedloop.intake.store import filling
from closedloop.intake.store.copying import INCOMING
from closedloop.intake.store.versions import PRIOR
from closedloop.warehouse.statements import of_names, only_row

#: The stage of a column that opens items of any loop: the loop's own first stage.
FIRST = "@first"

_EVENT = """
    (event_id, loop, item_id, stage, occurred_at, version, is_current, retracted, batch_id, source_file,
     source_row, loaded_at)
"""


def derive_stage_events(
    connection: psycopg.Connection,
    table: Table,
    reference: Reference,
    batch_id: int,
    source_file: str,
    loaded_at: datetime,
) -> int:
    """Write the stage events of the incoming rows; how many versions of events were written.

    Call after the rows' own versions are written, while :data:`PRIOR` still tells which items were known.
    """
    item = ITEM_TABLES.get(table.name)
    if item is None:
        return 0
    facts: dict[str, object] = {"batch_id": batch_id, "source_file": source_file, "loaded_at": loaded_at}
    known = connection.execute(of_names(f"select from {PRIOR} limit 1")).rowcount > 0
    written = _of_new_items(connection, item, reference, facts, known=known)
    return written + _of_changed_items(connection, item, reference, facts) if known else written


def event_id(table: str, key: str, stage: str) -> str:
    """SQL for the identifier of a stage event; ``key`` and ``stage`` are SQL expressions."""
    return f"md5('{table}|' || {key} || '|' || {stage})"


def _wanted(item: ItemTable, reference: Reference, arriving: str = INCOMING) -> str:
    """SQL: one row per arriving item and stage that its loop has; ``occurred_at`` is null where the time
    is blank."""
    loop = "arriving.loop"
    if item.default_loop:
        loop = f"coalesce(arriving.loop, {_literal(item.default_loop)})"
    columns = [(c.name, c.info["stage"]) for c in business_columns(item.table) if "stage" in c.info]
    # Which loops have the stage is a list of constants beside each time: a join would ask it of every event.
    fixed = ", ".join(
        f"({_literal(s)}, arriving.{name}, {loop} in ({_loops_with(s, reference)}))"
        for name, s in columns
        if s != FIRST
    )
    parts = []
    if fixed:
        parts.append(
            f"""
            select {loop} as loop, arriving.{item.key} as item_id, arriving.source_row, arriving.source_file,
                   stage.stage, stage.occurred_at
            from {arriving} as arriving
            cross join lateral (values {fixed}) as stage (stage, occurred_at, is_of_loop)
            where stage.is_of_loop
            """
        )
    for name, stage in columns:
        if stage != FIRST:
            continue
        firsts = ", ".join(f"({_literal(lp)}, {_literal(s)})" for lp, s in reference.first_stage.items())
        every = ", ".join(f"({_literal(s)})" for s in sorted(set(reference.first_stage.values())))
        # A changed loop erases the first stage of the old one: every possible first stage is asked for.
        parts.append(
            f"""
            select {loop} as loop, arriving.{item.key} as item_id, arriving.source_row, arriving.source_file,
                   possible.stage,
                   case when possible.stage = opening.stage then arriving.{name} end as occurred_at
            from {arriving} as arriving
            cross join (values {every}) as possible (stage)
            left join (values {firsts}) as opening (loop, stage) on opening.loop = {loop}
            """
        )
    return " union all ".join(parts)


def _loops_with(stage: str, reference: Reference) -> str:
    """SQL: the loops that have the stage. None at all is in no reference, and would be no list."""
    return ", ".join(_literal(loop) for loop, known in reference.loop_stages if known == stage) or "null"


def _of_new_items(
    connection: psycopg.Connection,
    item: ItemTable,
    reference: Reference,
    facts: dict[str, object],
    *,
    known: bool,
) -> int:
    """Items never seen before have no events yet: nothing to compare with. ``known`` if others of the load
    have.

    The first events of all are written as they come, and indexed afterwards. Others are written in the order
    of the identifiers: they are digests, and scattered inserts into the index cost five times as much.
    """
    arriving = INCOMING
    if known:
        arriving = (
            f"(select new.* from {INCOMING} as new where not exists "
            f"(select from {PRIOR} as prior where prior.{item.key} = new.{item.key}))"
        )
    some = f"select from {arriving} as arriving limit {filling.FEWEST}"
    (items,) = only_row(connection.execute(of_names(f"select count(*) from ({some}) as new")))
    first = filling.begin(connection, TABLES["loop_events"], items)
    written = connection.execute(
        of_names(f"""
        insert into raw.loop_events {_EVENT}
        select
            {event_id(item.table.name, "wanted.item_id", "wanted.stage")},
            wanted.loop,
            wanted.item_id,
            wanted.stage,
            wanted.occurred_at,
            1,
            true,
            false,
            %(batch_id)s,
            coalesce(wanted.source_file, %(source_file)s),
            wanted.source_row,
            %(loaded_at)s
        from ({_wanted(item, reference, arriving)}) as wanted
        where wanted.occurred_at is not null
        {"" if first else "order by 1"}
        """),
        facts,
    ).rowcount
    if first:
        filling.end(connection, TABLES["loop_events"])
    return written


def _of_changed_items(
    connection: psycopg.Connection, item: ItemTable, reference: Reference, facts: dict[str, object]
) -> int:
    """Items with a new version: events whose time changed get a version, those whose time is gone a
    retraction."""
    connection.execute("drop table if exists changed_events")
    connection.execute(
        of_names(f"""
        create temporary table changed_events on commit drop as
        with wanted as ({_wanted(item, reference)}),

        named as (
            select {event_id(item.table.name, "wanted.item_id", "wanted.stage")} as event_id, wanted.*
            from wanted
            join {PRIOR} as prior on prior.{item.key} = wanted.item_id
        )

        select
            named.event_id,
            case when named.occurred_at is null then known.loop else named.loop end as loop,
            named.item_id,
            named.stage,
            coalesce(named.occurred_at, known.occurred_at) as occurred_at,
            named.occurred_at is null as retracted,
            coalesce(known.version, 0) + 1 as version,
            named.source_row,
            named.source_file
        from named
        left join raw.loop_events as known on known.event_id = named.event_id and known.is_current
        where
            case
                when named.occurred_at is null then not known.retracted
                else
                    known.event_id is null
                    or known.retracted
                    or known.occurred_at <> named.occurred_at
                    or known.loop <> named.loop
            end
        """)
    )
    connection.execute(
        """
        update raw.loop_events as known set is_current = false from changed_events as changed
        where known.event_id = changed.event_id and known.is_current
        """
    )
    return connection.execute(
        of_names(f"""
        insert into raw.loop_events {_EVENT}
        select
            event_id,
            loop,
            item_id,
            stage,
            occurred_at,
            version,
            true,
            retracted,
            %(batch_id)s,
            coalesce(source_file, %(source_file)s),
            source_row,
            %(loaded_at)s
        from changed_events
        """),
        facts,
    ).rowcount


def _literal(text: str) -> str:
    return sql.Literal(text).as_string(None)
