"""Times that come as columns of a work item are events too.

The identifier of such an event is ``md5(table|key|stage)``, not its time: a corrected time is a new version
of the same event, an erased one retracts it. As long as an item's times never changed and no event names one
of theirs, they are read from the item's row (``raw.derived_events``): from the version that carries a rule.
Before they change or are named they are written into ``raw.loop_events``, with the batch, file and row that
they came from.
"""

from __future__ import annotations

from datetime import datetime

import polars as pl
import psycopg
from psycopg import sql
from sqlalchemy import Table

from closedloop.intake.contract import ITEM_TABLES, ItemTable, key_of, stage_columns
from closedloop.intake.reference import Reference
from closedloop.intake.store import filling
from closedloop.intake.store.copying import INCOMING
from closedloop.intake.store.stage_rules import FIRST, RULE, StageRules, loop_in_sql
from closedloop.intake.store.versions import PRIOR
from closedloop.warehouse.statements import of_names, only_row

_EVENT = """
    event_id, loop, item_id, stage, occurred_at, version, is_current, retracted, batch_id, source_file,
    source_row, loaded_at
"""
#: Keys of the known items whose events are compared with what arrives; those of all others stay as they are.
RETOLD = "retold"
#: What the identifier of a derived event looks like, and a source's own may.
_DIGEST = r"^[0-9a-f]{32}$"


def retell(connection: psycopg.Connection, table: Table, rules: StageRules | None) -> None:
    """Find the items whose times, loop or rule are about to change, and write their derived events down. Call
    when :data:`PRIOR` tells which items get a version, before their versions are written."""
    if rules is None:
        return
    item = rules.item
    connection.execute(of_names(f"drop table if exists {RETOLD}"))
    connection.execute(of_names(f"create temporary table {RETOLD} (key text not null) on commit drop"))
    if connection.execute(of_names(f"select from {PRIOR} limit 1")).rowcount == 0:
        return
    told = [RULE, "loop", *(column.name for column in stage_columns(table))]
    tells = ", ".join(f"telling.{name}" for name in told)
    arrives = ", ".join([rules.in_sql("arriving"), *(f"arriving.{name}" for name in told[1:])])
    connection.execute(
        of_names(f"""
        insert into {RETOLD}
        select prior.{item.key}
        from {PRIOR} as prior
        join {INCOMING} as arriving on arriving.{item.key} = prior.{item.key}
        left join raw.{table.name} as telling
            on telling.{item.key} = prior.{item.key} and telling.{RULE} is not null
        where ({tells}) is distinct from ({arrives})
        """)
    )
    connection.execute(of_names(f"analyze {RETOLD}"))
    write_down(connection, table, f"select key from {RETOLD}")


def write_down(connection: psycopg.Connection, table: Table, chosen: str) -> None:
    """Write the derived events of the items whose keys ``chosen`` selects, and derive them no more.

    In the order of the identifiers: they are digests, and scattered inserts into the index cost five times
    as much.
    """
    # The offset keeps the lookup by key inside: each item's row is found by the index of its table.
    written = connection.execute(
        of_names(f"""
        insert into raw.loop_events ({_EVENT})
        select {_EVENT}
        from ({chosen}) as chosen (key)
        cross join lateral (
            select * from raw.derived_events
            where item_table = '{table.name}' and item_id = chosen.key
            offset 0
        ) as derived
        order by event_id
        """)
    ).rowcount
    if written:
        _derive_no_more(connection, ITEM_TABLES[table.name], chosen)


def write_down_named(connection: psycopg.Connection, table: Table, events: pl.DataFrame) -> None:
    """Write the derived events that arriving ones claim to be, or to correct: what is named can be looked up.
    Call before anything is asked of the stored events."""
    if table.name != "loop_events" or events.is_empty():
        return
    named = [events[name] for name in (key_of(table), "supersedes") if name in events.columns]
    ids = pl.concat([column.filter(column.str.contains(_DIGEST)) for column in named]).unique()
    if ids.is_empty():
        return
    connection.execute("create temporary table named_events (event_id text not null) on commit drop")
    with connection.cursor() as cursor, cursor.copy("copy named_events from stdin") as copy:
        copy.write("".join(f"{event}\n" for event in ids))
    connection.execute(
        """
        create temporary table named_items on commit drop as
        select distinct item_table, item_id from raw.derived_events
        where event_id in (
            select event_id from named_events
            except
            select event_id from raw.loop_events
        )
        """
    )
    for name, item in ITEM_TABLES.items():
        write_down(connection, item.table, f"select item_id from named_items where item_table = '{name}'")
    connection.execute("drop table named_events, named_items")


def derive_stage_events(
    connection: psycopg.Connection,
    table: Table,
    reference: Reference,
    rules: StageRules | None,
    batch_id: int,
    source_file: str,
    loaded_at: datetime,
    filled: pl.DataFrame | None = None,
) -> int:
    """The stage events of the incoming rows; how many versions of events there are of them, derived or
    written. ``filled`` are the rows, where they filled an empty table.

    Call after the rows' own versions are written, while :data:`PRIOR` still tells which items were known.
    """
    item = ITEM_TABLES.get(table.name)
    if item is None or rules is None:
        return 0
    facts: dict[str, object] = {"batch_id": batch_id, "source_file": source_file, "loaded_at": loaded_at}
    _take_as_known(connection, item, batch_id)
    known = connection.execute(of_names(f"select from {PRIOR} limit 1")).rowcount > 0
    if filled is not None and not known:
        return rules.events_of(filled)
    derived = _derived_of_new(connection, rules, known=known)
    return derived + _of_changed_items(connection, item, reference, facts) if known else derived


def event_id(table: str, key: str, stage: str) -> str:
    """SQL for the identifier of a stage event; ``key`` and ``stage`` are SQL expressions."""
    return f"md5('{table}|' || {key} || '|' || {stage})"


def _derive_no_more(connection: psycopg.Connection, item: ItemTable, chosen: str) -> None:
    connection.execute(
        of_names(
            f"update raw.{item.table.name} set {RULE} = null "
            f"where {item.key} in ({chosen}) and {RULE} is not null"
        )
    )


def _take_as_known(connection: psycopg.Connection, item: ItemTable, batch_id: int) -> None:
    """New items of which an event was loaded before them, under the identifier that we would give it, are
    changed ones: their events are compared with what is there."""
    some = f"select from {INCOMING} as arriving limit {filling.FEWEST}"
    (stored, rows) = only_row(
        connection.execute(
            of_names(f"select exists (select from raw.loop_events), (select count(*) from ({some}) as new)")
        )
    )
    if not stored:
        return
    derived = f"(select * from raw.derived_events where item_table = '{item.table.name}'"
    if rows < filling.FEWEST:
        derived = (
            f"{INCOMING} as arriving cross join lateral {derived} and item_id = arriving.{item.key} offset 0)"
        )
    else:
        derived = f"{derived} and batch_id = {batch_id:d})"
        # Nobody has told the server yet how many there are.
        connection.execute("set local enable_nestloop = off")
    taken = connection.execute(
        of_names(f"""
        insert into {RETOLD}
        select distinct item_id
        from {derived} as derived
        where
            batch_id = {batch_id:d}
            and exists (select from raw.loop_events as kept where kept.event_id = derived.event_id)
        """)
    ).rowcount
    connection.execute("set local enable_nestloop = on")
    if taken:
        chosen = f"select key from {RETOLD}"
        connection.execute(
            of_names(
                f"insert into {PRIOR} ({item.key}, version, same) select key, 1, false from {RETOLD} "
                f"except select {item.key}, 1, false from {PRIOR}"
            )
        )
        _derive_no_more(connection, item, chosen)


def _derived_of_new(connection: psycopg.Connection, rules: StageRules, *, known: bool) -> int:
    """How many events are derived of the items never seen before; ``known`` if the load has others."""
    item = rules.item
    of_known = f"select from {PRIOR} as prior where prior.{item.key} = arriving.{item.key}"
    of_new = f"where not exists ({of_known})" if known else ""
    times = ", ".join(f"count(arriving.{column.name})" for column in stage_columns(item.table))
    counted = connection.execute(
        of_names(
            f"select {loop_in_sql(item, 'arriving')}, {times} from {INCOMING} as arriving {of_new} group by 1"
        )
    )
    return sum(counts[position - 1] for loop, *counts in counted for position in rules.stages.get(loop, {}))


def _wanted(item: ItemTable, reference: Reference) -> str:
    """SQL: one row per arriving item and stage that its loop has; ``occurred_at`` is null where the time
    is blank."""
    loop = loop_in_sql(item, "arriving")
    columns = [(column.name, column.info["stage"]) for column in stage_columns(item.table)]
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
            from {INCOMING} as arriving
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
            from {INCOMING} as arriving
            cross join (values {every}) as possible (stage)
            left join (values {firsts}) as opening (loop, stage) on opening.loop = {loop}
            """
        )
    return " union all ".join(parts)


def _loops_with(stage: str, reference: Reference) -> str:
    """SQL: the loops that have the stage. None at all is in no reference, and would be no list."""
    return ", ".join(_literal(loop) for loop, known in reference.loop_stages if known == stage) or "null"


def _of_changed_items(
    connection: psycopg.Connection, item: ItemTable, reference: Reference, facts: dict[str, object]
) -> int:
    """Items whose times changed: events of another time get a version, those whose time is gone a
    retraction."""
    connection.execute("drop table if exists changed_events")
    connection.execute(
        of_names(f"""
        create temporary table changed_events on commit drop as
        with wanted as ({_wanted(item, reference)}),

        named as (
            select {event_id(item.table.name, "wanted.item_id", "wanted.stage")} as event_id, wanted.*
            from wanted
            join {RETOLD} as retold on retold.key = wanted.item_id
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
        insert into raw.loop_events ({_EVENT})
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
