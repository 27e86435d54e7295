"""The models' SQL as dbt compiled it, run without dbt: what a build costs beyond its statements.

Each model becomes what its build makes of it: a view, or a table with its indexes and its statistics, in the
``*_next`` schemas, on as many connections as dbt uses and in an order that its references allow. Seeds are
copied from the published ones. No test, no row security, no comment, nothing published.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from closedloop.settings import Settings
from closedloop.transform import schemas
from closedloop.transform.child import run_dbt
from closedloop.transform.environment import (
    NEXT,
    SESSION_OPTIONS,
    THREADS,
    dbt_environment,
    dbt_home,
    target_folder,
)
from closedloop.transform.freshness import shaping_variables
from closedloop.transform.project import DbtProject
from closedloop.warehouse.addresses import urls
from closedloop.warehouse.connections import connect

#: Functions that models call are made by the first hooks of a run.
_HOOKS = "closedloop-on-run-start-*.sql"


def run_bare(settings: Settings) -> tuple[float, dict[str, float]]:
    """Seconds from the first model to the last, and of each model, of what the last build compiled."""
    nodes = _models(settings)
    with connect("owner", settings, autocommit=True) as connection:
        schemas.empty_next(connection, urls(settings), lambda _: None)
        _make_seeds_and_functions(connection, settings)
    try:
        return _run(settings, nodes)
    finally:
        with connect("owner", settings, autocommit=True) as connection:
            schemas.empty_next(connection, urls(settings), lambda _: None)


def _models(settings: Settings) -> dict[str, dict[str, Any]]:
    # A build keeps what it compiled and writes no manifest.
    project = DbtProject.of(settings)
    with connect("owner", settings) as connection:
        variables = shaping_variables(connection, settings, project)
    environment = dbt_environment(settings, schema_suffix=NEXT)
    result = run_dbt(["parse", "--vars", json.dumps(variables), "--write-json"], environment, lambda _: None)
    if not result.success:
        raise RuntimeError(result.problem)
    target = target_folder(settings)
    manifest = json.loads((target / "manifest.json").read_text())
    compiled = target / "compiled" / manifest["metadata"]["project_name"]
    models = {name: node for name, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    return {
        name: node
        | {"compiled_path": str(compiled / node["original_file_path"]), "reads": _relations(node, models)}
        for name, node in models.items()
        if _is_relation(node)
    }


def _is_relation(model: dict[str, Any]) -> bool:
    return model["config"]["materialized"] != "ephemeral"


def _relations(model: dict[str, Any], models: dict[str, dict[str, Any]]) -> set[str]:
    """Models whose relations this one reads, itself or in a query that is a part of its own."""
    found = set()
    for name in model["depends_on"]["nodes"]:
        if name in models:
            found |= {name} if _is_relation(models[name]) else _relations(models[name], models)
    return found


def _make_seeds_and_functions(connection, settings: Settings) -> None:
    seeds = connection.execute("select tablename from pg_tables where schemaname = 'reference'").fetchall()
    for (seed,) in seeds:
        connection.execute(f"create table reference{NEXT}.{seed} as select * from reference.{seed}")
    connection.execute("analyze")
    compiled = dbt_home(settings) / "target" / "compiled"
    for hook in sorted(compiled.rglob(_HOOKS)):
        connection.execute(hook.read_text())


def _run(settings: Settings, nodes: dict[str, dict[str, Any]]) -> tuple[float, dict[str, float]]:
    waiting = {name: set(node["reads"]) for name, node in nodes.items()}
    seconds: dict[str, float] = {}
    running: dict[Future[float], str] = {}
    began = time.monotonic()
    with ThreadPoolExecutor(THREADS) as workers:
        while waiting or running:
            ready = [name for name, needs in waiting.items() if not needs]
            for name in ready:
                del waiting[name]
                running[workers.submit(_make, settings, nodes[name])] = name
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                name = running.pop(future)
                seconds[nodes[name]["name"]] = future.result()
                for needs in waiting.values():
                    needs.discard(name)
    return time.monotonic() - began, seconds


def _make(settings: Settings, node: dict[str, Any]) -> float:
    relation, kind = node["relation_name"], node["config"]["materialized"]
    began = time.monotonic()
    with connect("owner", settings) as connection:
        for option in SESSION_OPTIONS.split("-c ")[1:]:
            name, value = option.strip().split("=")
            connection.execute("select set_config(%s, %s, false)", [name, value])
        for hook in node["config"]["pre-hook"]:
            # A macro's hook is for builds that go on from others.
            if "{{" not in hook["sql"]:
                connection.execute(hook["sql"])
        made = "view" if kind == "view" else "table"
        sql = Path(node["compiled_path"]).read_text().strip().removesuffix(";")
        connection.execute(f"create {made} {relation} as {sql}")
        if made == "table":
            for index in node["config"].get("indexes") or []:
                unique = "unique " if index.get("unique") else ""
                connection.execute(f"create {unique}index on {relation} ({', '.join(index['columns'])})")
            connection.execute(f"analyze {relation}")
    return time.monotonic() - began
