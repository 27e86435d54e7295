"""Builds that go on from others: the same rows as a full build, down to the last one.

Invented histories arrive in batches (``instalments.py``). Real dbt builds the first whole and catches up with
the others one by one; then it builds all of them whole beside that. ``INSTALMENTS`` and
``INSTALMENTS_SEED`` in the environment of pytest ask for more histories, or for others.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from benchmarks.bare import run_bare
from closedloop import intake
from closedloop.settings import Settings
from closedloop.transform import catching_up
from closedloop.transform.builder import build
from closedloop.transform.child import run_dbt
from closedloop.transform.environment import NEXT, dbt_environment, target_folder
from closedloop.transform.project import DbtProject
from closedloop.transform.visibility import PAGES
from closedloop.transform.workbench import dbt_command
from tests.cities import first_built, rebuilt
from tests.oracle.reference import Reference
from tests.parsed import give_parsed
from tests.servers import Server, Warehouse
from tests.transform.instalments import MOMENTS, bring, instalments
from tests.transform.project_copy import ProjectCopy
from tests.transform.published import protection

COUNT = int(os.environ.get("INSTALMENTS", "100"))
SEED = int(os.environ.get("INSTALMENTS_SEED", "20250425"))
_NONE_YET = "a build goes on from the one before the last, and none stands there yet"


@dataclass(frozen=True)
class Caught:
    """A warehouse whose published schemas caught up, and whose ``*_next`` were built whole; how many items
    each of the later batches touched, of how many; and the folder of what dbt parsed for catching up."""

    warehouse: Warehouse
    touched: list[int]
    items: int
    parsed: Path


#: A mart of an analyst's own, with what is lost where a table is made in place.
_OWN = """
{{ config(materialized='table', meta={'scope': 'station'}, grants={'select': ['pg_monitor']}) }}
select work_item_id, station_id from {{ ref('fct_incidents') }}
"""
_OWN_SAYS = """
models:
  - name: own_incidents
    constraints: [{type: primary_key, columns: [work_item_id]}]
    columns:
      - {name: work_item_id, data_type: text}
      - {name: station_id, data_type: text}
"""


@pytest.fixture(scope="module")
def caught(server: Server, tmp_path_factory) -> Iterator[Caught]:
    with first_built(server) as made:
        yield _catch_up(made, tmp_path_factory)


def _catch_up(made: Warehouse, tmp_path_factory) -> Caught:
    folder = tmp_path_factory.mktemp("with-an-own-mart")
    project = ProjectCopy.in_folder(folder)
    give_parsed(made, _target(folder, catch_up=False))
    marts = project.root / "dbt_project" / "models" / "marts"
    (marts / "own_incidents.sql").write_text(_OWN)
    (marts / "own.yml").write_text(_OWN_SAYS)
    versions = instalments(Reference.read(made.settings.reference_dir), COUNT, SEED)
    touched = []
    with made.connect("owner", autocommit=True) as owner:
        for batch in range(1, len(MOMENTS) + 1):
            start = None
            if batch > 1:
                as_of = owner.execute(
                    f"select max(covers_until) from intermediate{NEXT}.int_coverage"
                ).fetchone()
                start = catching_up.Start(batch - 1, batch - 1, as_of[0], batch - 2)
            bring(owner, versions, batch)
            catching_up.note_start(owner, start)
            views = catching_up.views_of_next(owner)
            _run(project.of(made.settings), folder, catch_up=batch > 1)
            touched.append(catching_up.touched(owner))
            catching_up.drop_parts(owner, views)
        for schema in ("reference", "staging", "intermediate", "marts"):
            owner.execute(f"drop schema if exists {schema} cascade")
            owner.execute(f"alter schema {schema}{NEXT} rename to {schema}")
            owner.execute(f"create schema {schema}{NEXT}")
        catching_up.note_start(owner, None)
        _run(project.of(made.settings), folder, catch_up=False)
        (items,) = owner.execute("select count(*) from intermediate.int_work_items").fetchone()
    return Caught(made, touched[1:], items, _target(folder, catch_up=True))


def _run(settings: Settings, folder: Path, *, catch_up: bool) -> None:
    variables = DbtProject.of(settings).variables(time_zone=settings.time_zone, accept_assumed_limits=True)
    environment = dbt_environment(settings, schema_suffix=NEXT, catches_up=catch_up) | {
        "DBT_TARGET_PATH": str(_target(folder, catch_up=catch_up)),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    arguments = ["build", "--vars", json.dumps(variables | ({"catch_up": True} if catch_up else {}))]
    arguments += ["--resource-type", "model", "--resource-type", "seed"]
    arguments += ["--selector", catching_up.SELECTOR] if catch_up else []
    result = run_dbt(arguments, environment, lambda event: None)
    failed = [f"{n.name}: {n.message}" for n in result.nodes if n.status not in ("success", "pass")]
    assert result.success, result.problem or "\n".join(failed)


def _target(folder: Path, *, catch_up: bool) -> Path:
    """One for each value of the variable, as a build has it: dbt parses twice, and not for every run."""
    return folder / f"catch-up-{catch_up}" / "target"


def _tables(owner: psycopg.Connection[Any], suffix: str) -> dict[str, list[str]]:
    """Every relation of the marts and what lies below them, with its columns in alphabetical order."""
    rows = owner.execute(
        """
        select table_schema, table_name, array_agg(column_name::text order by column_name)
        from information_schema.columns
        where table_schema = any (%s) and not starts_with(table_name, 'int_touched_')
        group by table_schema, table_name
        """,
        [[f"{schema}{suffix}" for schema in ("marts", "intermediate")]],
    ).fetchall()
    return {f"{schema.removesuffix(suffix)}.{table}": columns for schema, table, columns in rows}


def _only_in(
    owner: psycopg.Connection[Any], name: str, here: str, there: str, columns: list[str]
) -> list[str]:
    """Two rows of a table or view that the schemas with suffix ``here`` have more often than the others."""
    schema, table = name.split(".")
    rows = [
        sql.SQL("select row({})::text from {}").format(
            sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(schema + suffix, table)
        )
        for suffix in (here, there)
    ]
    found = owner.execute(sql.SQL("{} except all {} limit 2").format(*rows))
    return [row for (row,) in found.fetchall()]


def test_what_caught_up_is_what_a_full_build_makes(caught: Caught) -> None:
    different = []
    with caught.warehouse.connect("owner", autocommit=True) as owner:
        whole, next_to_it = _tables(owner, ""), _tables(owner, NEXT)
        assert whole == next_to_it
        for name, columns in sorted(whole.items()):
            stale = _only_in(owner, name, "", NEXT, columns)
            missing = _only_in(owner, name, NEXT, "", columns)
            if stale or missing:
                different.append(f"{name}: only caught up {stale}, only whole {missing}")
    assert not different, "\n".join(different)
    assert {"marts.fct_findings", "intermediate.finding_missing_stage", "marts.rollup_loop_daily"} <= set(
        whole
    )


_MADE = """
select
    c.relname,
    c.relkind,
    obj_description(c.oid, 'pg_class'),
    c.relrowsecurity,
    array(
        select row(
            a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, col_description(c.oid, a.attnum)
        )::text
        from pg_attribute as a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        order by a.attnum
    ),
    array(
        select regexp_replace(pg_get_indexdef(i.indexrelid), '^CREATE (UNIQUE )?INDEX .* ON [^ ]* ', '\\1')
        from pg_index as i where i.indrelid = c.oid order by 1
    ),
    array(
        select row(p.polname, p.polroles, pg_get_expr(p.polqual, p.polrelid))::text
        from pg_policy as p where p.polrelid = c.oid order by 1
    ),
    array(
        select pg_get_constraintdef(k.oid) from pg_constraint as k where k.conrelid = c.oid order by 1
    ),
    has_table_privilege('pg_monitor', c.oid, 'select')
from pg_class as c
where
    c.relnamespace = %s::regnamespace and c.relkind in ('r', 'v', 'm')
    and not starts_with(c.relname, 'int_touched_')
"""


@pytest.mark.parametrize("schema", ["intermediate", "marts"])
def test_what_caught_up_is_made_like_a_full_build(caught: Caught, schema: str) -> None:
    """Columns in their order with types and words, indexes, policies, keys, grants: all but the rows."""
    with caught.warehouse.connect("owner") as owner:
        whole, next_to_it = (
            {row[0]: row[1:] for row in owner.execute(_MADE, [schema + suffix]).fetchall()}
            for suffix in (NEXT, "")
        )
    assert len(whole) > 10
    assert next_to_it == whole
    if schema == "marts":
        *_, constraints, granted = whole["own_incidents"]
        assert "PRIMARY KEY (work_item_id)" in constraints and granted


def test_histories_have_findings_about_many_items(caught: Caught) -> None:
    """Otherwise nothing is said of how rules that compare items catch up."""
    with caught.warehouse.connect("owner") as owner:
        found = owner.execute(
            """
            select rule_id, station_id, coalesce(detail ->> 'at_the_end', detail ->> 'items')::integer
            from marts.fct_findings where rule_id in ('mass_closing', 'same_moment_feedback')
            order by rule_id, found_at
            """
        ).fetchall()
    assert found == [
        ("mass_closing", "S00", 10),
        ("mass_closing", "S00", 12),
        ("same_moment_feedback", "S04", 5),
        ("same_moment_feedback", "S00", 10),
    ]


def test_a_batch_touches_some_items_and_leaves_others(caught: Caught) -> None:
    """Otherwise nothing was left to be stale, and agreement would mean nothing."""
    for touched in caught.touched:
        assert 0 < touched <= caught.items - 10, caught.touched


@dataclass(frozen=True)
class Third:
    """The city after its third build, which went on from its first: what the second and third said, and the
    marts' protection after each."""

    warehouse: Warehouse
    said: tuple[list[str], list[str]]
    protection: tuple[dict[Any, Any], dict[Any, Any]]


@pytest.fixture(scope="module")
def third(city: Warehouse, caught: Caught, tmp_path_factory) -> Iterator[Third]:
    said: list[list[str]] = []
    guarded = []
    with rebuilt(city) as made, made.connect(autocommit=True) as owner:
        give_parsed(made, target_folder(made.settings, catches_up=True), caught.parsed)
        for number in (1, 2):
            _load_a_directive(tmp_path_factory.mktemp("late"), f"LATE-{number}")
            notes: list[str] = []
            build(made.settings, listener=lambda step, told=notes: told.append(getattr(step, "text", "")))
            said.append(notes)
            guarded.append(protection(owner))
        yield Third(made, (said[0], said[1]), (guarded[0], guarded[1]))


def _load_a_directive(folder: Path, directive: str) -> None:
    path = folder / "directives.csv"
    path.write_text(
        "directive_id,station_id,issued_at,severity,title\n"
        f"{directive},S01,2025-04-24 10:00:00,red,一件晚到的指令\n",
        encoding="utf-8",
    )
    intake.load_file("directives", path, extract="delta")


def test_the_third_build_goes_on_from_the_first_with_what_was_loaded_since(third: Third) -> None:
    second, last = third.said
    assert any(f"everything anew, {_NONE_YET}" in text for text in second)
    assert any("goes on from build 1" in text for text in last)
    assert any("items were touched" in text for text in last)
    with third.warehouse.connect() as conn:
        found = conn.execute(
            """
            select item_id, (select count(*) from marts.fct_loop_stages as s where s.item_id = w.item_id)
            from marts.fct_work_items as w where item_id like 'LATE-%' order by 1
            """
        ).fetchall()
        parts = conn.execute(r"select relname from pg_class where relname like '%\_\_part'").fetchall()
        builds = conn.execute(
            "select (select max(build_id) from ops.builds), (select build_id from marts.ops_status)"
        ).fetchone()
        course = conn.execute(
            "select is_full, went_on_from, touched_items > 0 from ops.builds order by build_id"
        ).fetchall()
    assert [item for item, _ in found] == ["LATE-1", "LATE-2"]
    assert all(states > 0 for _, states in found)
    assert parts == []
    assert builds[0] == builds[1]
    assert course == [(True, None, None), (True, None, None), (False, 1, True)]


def test_a_full_build_leaves_nothing_large_that_its_indexes_cannot_answer_for(third: Third) -> None:
    second, _ = third.said
    assert any("of its tables vacuumed" in text for text in second)
    with third.warehouse.connect("owner", autocommit=True) as owner:
        # the second build's tables, put aside by the third
        sizes = owner.execute(
            """
            select relname, relpages, relallvisible from pg_class
            where relnamespace = 'marts_next'::regnamespace and relkind = 'r' and relpages >= %s
            """,
            [PAGES],
        ).fetchall()
        assert "fct_loop_stages" in [name for name, _, _ in sizes]
        assert [size for size in sizes if size[1] != size[2]] == []


def test_marts_that_caught_up_are_as_protected_as_others(third: Third) -> None:
    before, after = third.protection
    assert after == before


@pytest.mark.parametrize(
    ("meddling", "why"),
    [
        ("select 1", None),
        (
            "insert into ops.builds (started_at, status) values (now(), 'failed')",
            "the last build was not published",
        ),
        ("update ops.builds set code_hash = 'other'", "models, reference data or settings changed"),
        ("update raw.stations set batch_id = 9999 where station_id = 'S03'", "the register stations changed"),
        ("update reference_next.caught_up_from set revision = '0001'", "the warehouse was migrated"),
        (
            "update reference_next.caught_up_from set in_a_row = 30",
            "the last 30 builds went on from others",
        ),
        ("drop table reference_next.caught_up_from", _NONE_YET),
        ("truncate intermediate_next.int_coverage", "nothing was covered"),
        ("drop table marts_next.fct_place_calls cascade", "fct_place_calls is no longer what build"),
        ("create view intermediate_next.a_hand as select 1 as x", "a_hand is no longer what build"),
    ],
)
def test_what_could_leave_something_stale_forces_a_full_build(
    third: Third, meddling: str, why: str | None
) -> None:
    with third.warehouse.connect() as conn:
        (code_hash,) = conn.execute("select distinct code_hash from ops.builds").fetchone()
        conn.execute(meddling)
        found = catching_up.start_of(conn, 9999, code_hash)
        conn.rollback()
    if why is None:
        assert isinstance(found, catching_up.Start)
    else:
        assert isinstance(found, str) and why in found


#: A table of either layer, one that catches up in place, and a view.
_BUILT_BESIDE = ["int_place_categories", "dim_bureaus", "fct_item_links", "finding_unknown_station"]


def test_what_an_analyst_built_beside_is_made_alike_and_never_gone_on_from(
    third: Third, project: ProjectCopy
) -> None:
    settings = project.of(third.warehouse.settings)
    asked = (
        f"select count(*), count(distinct (place_id, category)) from intermediate{NEXT}.int_place_categories"
    )
    with third.warehouse.connect(autocommit=True) as conn:

        def made() -> dict[str, tuple[Any, ...]]:
            rows = [conn.execute(_MADE, [schema + NEXT]).fetchall() for schema in ("intermediate", "marts")]
            return {row[0]: row[1:] for row in chain(*rows) if row[0] in _BUILT_BESIDE}

        before, made_by_a_build = conn.execute(asked).fetchone(), made()
        assert dbt_command(["run", "--quiet", "--select", *_BUILT_BESIDE], lambda _: None, settings) == 0
        # made anew, and not a second time beside what stood there; dbt's own way, and like a build's
        assert conn.execute(asked).fetchone() == before
        assert before[0] == before[1] > 0
        assert len(made_by_a_build) == len(_BUILT_BESIDE)
        assert made() == made_by_a_build
        (code_hash,) = conn.execute("select distinct code_hash from ops.builds").fetchone()
        assert catching_up.start_of(conn, 9999, code_hash) == _NONE_YET


def test_the_models_make_the_same_relations_without_dbt(third: Third) -> None:
    """As the benchmark of builds makes them, each after what it reads; an ephemeral model has none."""
    _, seconds = run_bare(third.warehouse.settings)
    with third.warehouse.connect("owner") as owner:
        built = owner.execute(
            """
            select relname from pg_class
            where relkind in ('r', 'v') and relnamespace = any (%s::regnamespace[])
            """,
            [["staging", "intermediate", "marts"]],
        ).fetchall()
    assert set(seconds) == {name for (name,) in built}
