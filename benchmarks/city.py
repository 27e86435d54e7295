"""A big city for the benchmarks: the demo city, loaded as ever, and as many copies of it as it takes.

    python -m benchmarks.city --incidents 1000000 --home DIR [--before-last-day | --last-day] [--build]

Makes an embedded warehouse in DIR, ready for ``closedloop build``. The demo's files go through the real
intake; its rows are then copied inside the database, items and their events together, so that every loop,
move, correction and defect is there in its usual proportion. A copy has its own ids, places and callers, its
times lie 97 seconds earlier than those of the copy before, and it belongs to the same fifteen stations; rows
are what intake would have written. A million incidents take about two minutes.

``--before-last-day`` leaves out the exports of the last day, ``--last-day`` adds them. A run that was cut
short goes on where it stopped, but for the last day.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg
from sqlalchemy import DateTime, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex

from closedloop import warehouse
from closedloop.intake.contract import ITEM_TABLES, TABLES, business_columns, key_of
from closedloop.intake.directory import load_planned
from closedloop.intake.manifest import PlannedFile, plan
from closedloop.intake.store.stage_events import write_down
from closedloop.intake.store.stage_rules import RULE
from closedloop.settings import Settings, get_settings
from closedloop.transform.builder import build
from closedloop.warehouse.connections import connect
from closedloop.warehouse.statements import of_names

SECONDS_APART = 97
#: What grows with a city; organisation and volunteers stay as they are.
COPIED = [*(item.table for item in ITEM_TABLES.values()), TABLES["loop_events"]]
#: Ids of items and of what belongs to a copy alone. Stations, posts, departments and loops are shared.
_OWN = frozenset(
    {"source_no", "merged_into", "subject_id", "item_id", "event_id", "supersedes"}
    | {"place_key", "reporter_key"}
    | {item.key for item in ITEM_TABLES.values()}
)
_STATE = "benchmark_city"


@dataclass
class State:
    """How far a warehouse has come: ``copies`` of the first ``batches`` loads, the demo itself being the
    first; ``indexed`` while its raw tables have their indexes; ``has_last_day`` once all copies have it."""

    copies: int = 1
    batches: int = 0
    indexed: bool = True
    has_last_day: bool = False


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--incidents", type=int, default=1_000_000)
    options.add_argument("--home", type=Path, required=True)
    options.add_argument("--build", action="store_true", help="build and publish it, too")
    day = options.add_mutually_exclusive_group()
    day.add_argument("--before-last-day", action="store_true")
    day.add_argument("--last-day", action="store_true", help="add the last day to a city made without it")
    asked = options.parse_args()
    settings = settings_of(asked.home)
    began = time.monotonic()
    with warehouse.in_use(settings, print):
        if not asked.last_day:
            make(settings, asked.incidents)
        if not asked.before_last_day:
            add_last_day(settings)
        print(f"{incidents(settings):,} incidents in {settings.home}, {time.monotonic() - began:.0f} s")
        if asked.build:
            print(f"built in {build(settings).seconds:.0f} s")


def settings_of(home: Path) -> Settings:
    """The settings of an embedded warehouse in ``home``, and of nothing else that the shell names."""
    home.mkdir(parents=True, exist_ok=True)
    for name in [name for name in os.environ if name.startswith("CLOSEDLOOP_")]:
        del os.environ[name]
    os.environ["CLOSEDLOOP_HOME"] = str(home.resolve())
    get_settings.cache_clear()
    return get_settings()


def make(settings: Settings, wanted: int, say: Callable[[str], None] = print) -> None:
    """The city up to its last day, with at least ``wanted`` incidents: whole copies of the demo."""
    with connect("owner", settings, autocommit=True) as connection:
        if not _is_migrated(connection):
            warehouse.migrate(settings)
    with connect("owner", settings) as connection:
        state = _state(connection)
    if state is None:
        say("loading the demo")
        with connect("owner", settings) as connection:
            warehouse.set_info(connection, "demo", "true")
        _load(settings, (file for file in plan(settings.demo_dir, settings) if not _is_of_last_day(file)))
        with connect("owner", settings) as connection:
            state = State(batches=_last_batch(connection))
            _keep(connection, state)
    copies = math.ceil(wanted / _of_the_demo(settings))
    if state.copies < copies:
        _drop_indexes(settings, state)
    for number in range(state.copies, copies):
        say(f"copy {number + 1} of {copies}")
        with connect("owner", settings) as connection:
            _copy(connection, number, 1, state.batches)
            state.copies = number + 1
            _keep(connection, state)
    _make_indexes(settings, state, say)


def add_last_day(settings: Settings, say: Callable[[str], None] = print) -> None:
    """The exports of the last day, for every copy. Nothing where they are there already; a city that was
    stopped half way through them is of no use any more, and ends the run with a sentence.
    """
    with connect("owner", settings) as connection:
        state = _state(connection)
        begun = _last_batch(connection) > state.batches
    if state.has_last_day:
        return
    if begun:
        raise SystemExit(f"loading the last day was cut short: delete {settings.home} and begin anew")
    say("loading the last day")
    _load(settings, (file for file in plan(settings.demo_dir, settings) if _is_of_last_day(file)))
    with connect("owner", settings) as connection:
        first, last = state.batches + 1, _last_batch(connection)
        for number in range(1, state.copies):
            _copy(connection, number, first, last)
        state.has_last_day = True
        _keep(connection, state)


def forget_last_day(settings: Settings) -> None:
    """Say that the build which the next one goes on from had not seen the last day."""
    with connect("owner", settings) as connection:
        connection.execute(
            """
            update ops.builds set last_batch_id = %s
            where build_id = (select build_id from marts_next.ops_status)
            """,
            [_state(connection).batches],
        )


def incidents(settings: Settings) -> int:
    """How many there are."""
    with connect("owner", settings) as connection:
        return connection.execute("select count(*) from raw.incidents where is_current").fetchone()[0]


def _is_of_last_day(file: PlannedFile) -> bool:
    """The daily exports carry the day in their name; the full extract of that day belongs to the rest."""
    return "20250424" in file.path.name and file.extract != "full"


def _load(settings: Settings, files: Iterable[PlannedFile]) -> None:
    for file in files:
        report = load_planned(file, strict=False, loaded_by="cli", settings=settings, progress=lambda _: None)
        if report.refused:
            raise SystemExit(report.refused)


def _copy(connection: psycopg.Connection, number: int, first_batch: int, last_batch: int) -> None:
    """Copy ``number`` of the rows of some batches. What they correct is no longer current either."""
    facts = {
        "mark": f"-{number}",
        "shift": f"{SECONDS_APART * number} seconds",
        "area": f"{number}区|",
        "first": first_batch,
        "last": last_batch,
    }
    for table in COPIED:
        key = key_of(table)
        if first_batch > 1:
            write_down(connection, table, _changed_copies(table, number, first_batch, last_batch))
            connection.execute(
                f"""
                update raw.{table.name} as copied set is_current = false
                from raw.{table.name} as original
                where original.batch_id between %(first)s and %(last)s and original.version > 1
                    and original.{key} not like '%%-%%'
                    and copied.{key} = original.{key} || %(mark)s and copied.is_current
                """,
                facts,
            )
        connection.execute(_copy_of(table), facts)
        # Refused rows were not copied.
        connection.execute(
            f"""
            update ops.batches as batches
            set rows_accepted = rows_accepted + copied.rows, rows_read = rows_read + copied.rows
            from (
                select batch_id, count(*) - count(*) filter (where retracted) as rows
                from raw.{table.name}
                where batch_id between %(first)s and %(last)s and {key} not like '%%-%%'
                group by batch_id
            ) as copied
            where batches.batch_id = copied.batch_id and batches.table_name = '{table.name}'
            """,
            facts,
        )


def _changed_copies(table: Table, number: int, first_batch: int, last_batch: int) -> str:
    key = key_of(table)
    return (
        f"select distinct {key} || '-{number:d}' from raw.{table.name} where version > 1 "
        f"and batch_id between {first_batch:d} and {last_batch:d} and {key} not like '%-%'"
    )


def _copy_of(table: Table) -> str:
    columns = [*business_columns(table), *(c for c in table.columns if c.name == RULE)]
    values = ", ".join(f"{_copied(table, column)} as {column.name}" for column in columns)
    names = ", ".join(column.name for column in columns)
    return f"""
        insert into raw.{table.name}
            ({names}, version, is_current, retracted, batch_id, source_file, source_row, loaded_at)
        select
            {names}, version, is_current, retracted, batch_id, source_file, source_row, loaded_at
        from (
            select
                {values}, version, is_current, retracted, batch_id, original.source_file, source_row,
                loaded_at
            from raw.{table.name} as original
            join ops.batches as batches using (batch_id)
            where batch_id between %(first)s and %(last)s and {key_of(table)} not like '%%-%%'
                {_only_demo(table)}
        ) as copied
    """


def _only_demo(table: Table) -> str:
    """Derived events have digests for ids: theirs is told by their item's."""
    return "and item_id not like '%%-%%'" if table.name == "loop_events" else ""


def _copied(table: Table, column) -> str:
    name = column.name
    if isinstance(column.type, DateTime):
        return f"original.{name} - cast(%(shift)s as interval)"
    if name == "event_id":
        return (
            "case when batches.table_name = 'loop_events' then event_id || %(mark)s "
            "else md5(batches.table_name || '|' || item_id || %(mark)s || '|' || stage) end"
        )
    if name in _OWN:
        return f"original.{name} || %(mark)s"
    if name == "place":
        return "cast(%(area)s as text) || original.place"
    return f"original.{name}"


def _drop_indexes(settings: Settings, state: State) -> None:
    state.indexed = False
    with connect("owner", settings) as connection:
        _keep(connection, state)
        for table in COPIED:
            for index in table.indexes:
                connection.execute(f"drop index if exists raw.{index.name}")


def _make_indexes(settings: Settings, state: State, say: Callable[[str], None]) -> None:
    if state.indexed:
        return
    say("indexes of the raw tables")
    state.indexed = True
    with connect("owner", settings) as connection:
        for table in COPIED:
            for index in table.indexes:
                made = str(CreateIndex(index).compile(dialect=postgresql.dialect()))
                connection.execute(of_names(made))
            connection.execute(f"analyze raw.{table.name}")
        _keep(connection, state)


def _is_migrated(connection: psycopg.Connection) -> bool:
    return connection.execute("select to_regclass('ops.warehouse_info') is not null").fetchone()[0]


def _last_batch(connection: psycopg.Connection) -> int:
    return connection.execute("select coalesce(max(batch_id), 0) from ops.batches").fetchone()[0]


def _of_the_demo(settings: Settings) -> int:
    with connect("owner", settings) as connection:
        row = connection.execute(
            "select count(*) from raw.incidents where is_current and incident_id not like '%-%'"
        ).fetchone()
    return row[0]


def _state(connection: psycopg.Connection) -> State | None:
    row = connection.execute("select value from ops.warehouse_info where key = %s", [_STATE]).fetchone()
    return State(**json.loads(row[0])) if row else None


def _keep(connection: psycopg.Connection, state: State) -> None:
    connection.execute(
        "insert into ops.warehouse_info (key, value) values (%s, %s) "
        "on conflict (key) do update set value = excluded.value",
        [_STATE, json.dumps(asdict(state))],
    )


if __name__ == "__main__":
    main()
