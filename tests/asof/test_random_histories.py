"""The models against the replay on histories that no real city would have written.

Hundreds of invented items (``histories.py``) go into raw tables, the core of the marts is built once by real
dbt, and every item is asked about at every moment at which it could change, a second before and one after.

``HISTORIES`` and ``HISTORIES_SEED`` in the environment of pytest ask for more, or for others.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from closedloop.transform import schemas
from closedloop.transform.child import run_dbt
from closedloop.transform.environment import NEXT, dbt_environment
from closedloop.transform.project import DbtProject
from closedloop.warehouse import Scope, scoped_connection
from tests.asof.compare import compare, own_moments
from tests.asof.histories import Row, as_raw, random_histories
from tests.cities import first_built
from tests.oracle.raw_rows import Raw, work_items
from tests.oracle.reference import Reference
from tests.parsed import give_parsed
from tests.servers import Server, Warehouse

ROOT = Path(__file__).parents[2]
COUNT = int(os.environ.get("HISTORIES", "300"))
SEED = int(os.environ.get("HISTORIES_SEED", "20250425"))
CORE = "+fct_loop_stages +fct_sla_targets +fct_sla_clock +ops_coverage"


@dataclass(frozen=True)
class Invented:
    """A warehouse of invented items, built; and what lies in its raw tables."""

    warehouse: Warehouse
    raw: Raw
    reference: Reference


@pytest.fixture(scope="module")
def invented(server: Server, tmp_path_factory) -> Iterator[Invented]:
    project = tmp_path_factory.mktemp("project")
    reference_dir = _with_more_policies(project)
    reference = Reference.read(reference_dir)
    raw = as_raw(random_histories(reference, COUNT, SEED))
    with first_built(server) as made:
        with made.connect("owner") as connection:
            _insert(connection, raw)
        _build_core(made, project)
        yield Invented(made, raw, reference)


def _with_more_policies(project: Path) -> Path:
    """A copy of the dbt project whose policies use every unit, rounding, validity and mixture there is."""
    shutil.copytree(
        ROOT / "dbt_project", project / "dbt_project", ignore=shutil.ignore_patterns("target", "logs")
    )
    reference_dir = project / "seeds" / "reference"
    shutil.copytree(ROOT / "seeds" / "reference", reference_dir)
    header, *rows = (Path(__file__).parent / "more_policies.csv").read_text("utf-8").splitlines(keepends=True)
    policies = reference_dir / "sla_policy.csv"
    assert policies.read_text("utf-8").startswith(header)
    with policies.open("a", encoding="utf-8") as file:
        file.writelines(rows)
    return reference_dir


def _insert(connection: psycopg.Connection, raw: Raw) -> None:
    connection.execute(
        "insert into ops.batches (table_name, source_file, file_sha256) values ('tasks', 'histories', '')"
    )
    relations = [(("raw", table), rows) for table, rows in raw.tables.items()]
    relations += [
        (("raw", "loop_events"), raw.events),
        (("raw", "stations"), raw.stations),
        (("ops", "coverage"), raw.coverage),
    ]
    with connection.cursor() as cursor:
        for relation, rows in relations:
            for row in rows:
                _insert_row(cursor, relation, row)


def _insert_row(cursor: psycopg.Cursor, relation: tuple[str, str], row: Row) -> None:
    statement = sql.SQL("insert into {} ({}) values ({})").format(
        sql.Identifier(*relation),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(map(sql.Placeholder, row)),
    )
    cursor.execute(statement, row)


def _build_core(made: Warehouse, project: Path) -> None:
    settings = made.settings.model_copy(
        update={
            "dbt_project_dir": project / "dbt_project",
            "reference_dir": project / "seeds" / "reference",
            "home": project / "home",
        }
    )
    variables = DbtProject.of(settings).variables(time_zone=settings.time_zone, accept_assumed_limits=True)
    give_parsed(made, project / "target")
    environment = dbt_environment(made.settings, schema_suffix=NEXT) | {
        "DBT_PROJECT_DIR": str(settings.dbt_project_dir),
        "DBT_PROFILES_DIR": str(settings.dbt_project_dir),
        "DBT_TARGET_PATH": str(project / "target"),
        "DBT_LOG_PATH": str(project / "logs"),
    }
    arguments = ["build", "--vars", json.dumps(variables), "--select", *CORE.split()]
    arguments += ["--resource-type", "model", "--resource-type", "seed"]
    result = run_dbt(arguments, environment, lambda event: None)
    failed = [f"{n.name}: {n.message}" for n in result.nodes if n.status not in ("success", "pass")]
    assert result.success, result.problem or "\n".join(failed)
    with made.connect("owner") as owner:
        schemas.rename_pairs(owner)


def test_the_histories_hold_every_state_and_every_move(invented: Invented) -> None:
    """Otherwise agreement would mean little."""
    moves = {e["move"] for e in invented.raw.events}
    assert moves >= set(invented.reference.effects)
    with scoped_connection(Scope.city(), invented.warehouse.settings) as connection:
        reasons = {
            r
            for (r,) in connection.exec_driver_sql("select distinct start_reason from marts.fct_sla_targets")
        }
    assert reasons == {"stage", "reassign", "reopen", "upgrade"}


def test_marts_and_replay_agree_on_every_item_at_every_moment(invented: Invented) -> None:
    reference = invented.reference.with_stations(invented.raw.stations)
    asked = [
        (item, moment)
        for item in work_items(invented.raw, reference)
        for moment in sorted(own_moments(item, reference, timedelta(seconds=1)))
    ]
    with scoped_connection(Scope.city(), invented.warehouse.settings) as connection:
        result = compare(connection, invented.raw, invented.reference, asked)
    print(result)
    assert not result.differences, f"{len(result.differences)} differences; {result}\n" + "\n".join(
        result.differences[:12]
    )
    assert result.items > 10 * COUNT
    assert result.targets > 20 * COUNT
