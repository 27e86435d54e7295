"""From the release before to this one, and from a backup to a warehouse that answers as the old one did.

One way through all of it, because a build takes most of the time: a warehouse of the revision before holds
the small city; it is migrated, backed up, restored into nothing and built. Its marts are those of the city.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from alembic.script import ScriptDirectory
from psycopg import sql

from closedloop import warehouse as product
from closedloop.cli import run
from closedloop.queries.standing import standing_counts
from closedloop.transform.builder import build
from closedloop.transform.freshness import freshness
from closedloop.warehouse import Scope, WarehouseError, schema
from closedloop.warehouse.backup import back_up, row_counts
from closedloop.warehouse.restore import restore
from tests.parsed import give_parsed
from tests.raw_events import EVERY_EVENT
from tests.servers import TO_BUILD, Server, Warehouse
from tests.transform.published import contents

#: What builds tell of themselves; every build tells something else.
OF_BUILDS = {("marts", name) for name in ("ops_status", "ops_builds", "ops_build_tests")}

#: Before revision 0007 every event was stored; int_event_versions has all of them, however they are kept.
STORED_OR_DERIVED = {("staging", "stg_loop_events"), ("staging", "stg_derived_events")}


def _revisions() -> list[str]:
    """All revisions of this release, oldest first."""
    scripts = ScriptDirectory.from_config(schema._alembic_config())
    return [script.revision for script in scripts.walk_revisions()][::-1]


def _fill(made: Warehouse, city: Warehouse) -> None:
    """Every row of the city that a warehouse of the older shape has room for."""
    with city.connect() as source, made.connect() as target:
        first = {"ops.batches": 0, "ops.builds": 1, "access.members": 2}
        tables = sorted(row_counts(target), key=lambda name: (first.get(name, 9), name))
        for table in tables:
            if table in ("ops.alembic_version", "audit.events"):
                continue
            columns = [name for (name,) in target.execute(_COLUMNS, [table]).fetchall()]
            kept = {name for (name,) in source.execute(_COLUMNS, [table]).fetchall()}
            name = sql.Identifier(*table.split("."))
            # Before revision 0007 every event was stored.
            all_stored = table == "raw.loop_events" and "ops.stage_rules" not in tables
            _copy(source, target, sql.SQL(EVERY_EVENT) if all_stored else name, name, columns, kept)
        for table, column in (("ops.batches", "batch_id"), ("ops.builds", "build_id")):
            target.execute(
                f"select setval(pg_get_serial_sequence('{table}', '{column}'), max({column})) from {table}"
            )


_COLUMNS = (
    "select attname::text from pg_attribute"
    " where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum"
)


def _copy(
    source: psycopg.Connection,
    target: psycopg.Connection,
    there: sql.Composable,
    table: sql.Identifier,
    columns: list[str],
    kept: set[str],
) -> None:
    """Copy the rows ``there`` into a table; a column that the source no longer has is empty text."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    values = sql.SQL(", ").join(sql.Identifier(c) if c in kept else sql.Literal("") for c in columns)
    chosen = sql.SQL("select {} from {} as there").format(values, there)
    with (
        source.cursor().copy(sql.SQL("copy ({}) to stdout").format(chosen)) as rows,
        target.cursor().copy(sql.SQL("copy {} ({}) from stdin").format(table, names)) as filled,
    ):
        for block in rows:
            filled.write(block)


@pytest.fixture(scope="module")
def before(server: Server, city: Warehouse) -> Warehouse:
    """The city in a warehouse of the revision before this one."""
    made = server.at_revision(_revisions()[-2])
    _fill(made, city)
    return made


def test_the_release_before_is_upgraded_backed_up_restored_and_answers_as_before(
    before: Warehouse,
    city: Warehouse,
    server: Server,
    tmp_path: Path,
) -> None:
    with before.connect() as connection:
        rows_before = row_counts(connection)
    with pytest.raises(WarehouseError, match=r"expects .*run: python -m closedloop migrate"):
        product.require_current(before.settings)

    assert product.migrate(before.settings) is True
    product.require_current(before.settings)
    with before.connect() as connection:
        after = row_counts(connection)
    assert {name: after[name] for name in rows_before} == rows_before

    folder, facts = back_up(tmp_path, before.settings)
    assert facts.rows == after
    server.drop(before)
    restored = server.blank(TO_BUILD)
    give_parsed(restored)
    done = restore(folder, restored.settings)
    assert (done.migrated, done.reference) == (False, ())
    # The record of the old publication came back, its marts did not.
    assert freshness(restored.settings).due == "nothing has been published yet"

    with restored.in_environment():
        build(restored.settings)
        with restored.connect() as connection, city.connect() as other:
            found, expected = contents(connection), contents(other)
            (latest,) = connection.execute("select default_as_of from marts.ops_status").fetchone()
        differing = {name for name in expected if found.get(name) != expected[name]}
        assert differing - OF_BUILDS - STORED_OR_DERIVED == set()
        answered = standing_counts(Scope.city(), latest)
    assert answered.equals(_asked_of(city, latest))
    server.drop(restored)


def _asked_of(city: Warehouse, latest: datetime):
    with city.in_environment():
        return standing_counts(Scope.city(), latest)


def test_a_warehouse_of_a_newer_release_is_refused_in_plain_words(
    make_warehouse: Callable[..., Warehouse],
) -> None:
    made = make_warehouse()
    with made.connect() as connection:
        connection.execute("update ops.alembic_version set version_num = '9999'")
    for asked in (product.require_current, product.migrate, run._migrate):
        with pytest.raises(WarehouseError, match="revision 9999, which this release does not know"):
            asked(made.settings)
