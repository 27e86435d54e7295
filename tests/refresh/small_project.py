"""A dbt project of four marts over the real staging models: the real builder builds it in seconds.

What a refresh promises does not hang on how many models there are; how often it can be killed in a test does.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml

from tests.transform.project_copy import ProjectCopy

_MARTS = {
    "fct_incidents": "select incident_id, station_id, received_at, initial_type, place_key "
    "from {{ ref('stg_incidents') }}",
    "fct_item_events": "select event_id, station_id, loop, item_id, stage, occurred_at "
    "from {{ ref('stg_loop_events') }} union all select event_id, null, loop, item_id, stage, occurred_at "
    "from {{ ref('stg_derived_events') }}",
    # What the builder completes as it publishes.
    "ops_status": "select (select max(build_id) from {{ ref('stg_ops_builds') }} where status = 'running') "
    "as build_id, (select max(batch_id) from {{ ref('stg_ops_batches') }}) as last_batch_id, "
    "null::integer as tests, null::integer as tests_failed",
}
_STAGING = {"stg_incidents", "stg_stations", "stg_loop_events", "stg_derived_events"}
_STAGING |= {"stg_ops_batches", "stg_ops_builds", "stg_ops_build_tests"}
_TEST = """
select incident_id from {{ ref('stg_incidents') }} except select incident_id from {{ ref('fct_incidents') }}
"""


def small_project(root: Path) -> ProjectCopy:
    """The checkout's project in an empty folder, with these marts in place of its own and no seed built."""
    copy = ProjectCopy.in_folder(root)
    dbt = root / "dbt_project"
    marts = dbt / "models" / "marts"
    gone = ["core", "dims", "facts", "findings", "metrics", "rollups"]
    for folder in (dbt / "models" / "intermediate", dbt / "tests", *(marts / name for name in gone)):
        shutil.rmtree(folder, ignore_errors=True)
    kept = {"ops_builds", "ops_build_tests"}
    for path in marts.rglob("*.*"):
        if path.stem not in kept:
            path.unlink()
    (dbt / "models" / "exposures.yml").unlink()
    for path in (dbt / "models" / "staging").rglob("*.*"):
        if path.stem not in _STAGING and "sources" not in path.name:
            path.unlink()
    (root / "seeds" / "reference" / "_reference.yml").unlink()
    for listed in ("metrics", "finding_rules"):
        # A row without its model is refused before anything is built.
        seed = root / "seeds" / "reference" / f"{listed}.csv"
        seed.write_text(seed.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    for name, text in _MARTS.items():
        (marts / f"{name}.sql").write_text(text)
    scopes = dict.fromkeys(_MARTS, "station") | {"ops_status": "any"} | dict.fromkeys(kept, "city")
    described = [{"name": name, "config": {"meta": {"scope": scope}}} for name, scope in scopes.items()]
    (marts / "_marts.yml").write_text(yaml.safe_dump({"models": described}))
    (dbt / "tests").mkdir()
    (dbt / "tests" / "no_incident_is_lost.sql").write_text(_TEST)
    settings = yaml.safe_load((dbt / "dbt_project.yml").read_text(encoding="utf-8"))
    del settings["models"]["closedloop"]["intermediate"]
    settings["models"]["closedloop"]["marts"]["+contract"] = {"enforced": False}
    settings["models"]["closedloop"]["marts"]["+persist_docs"] = {}
    settings["seeds"] = {"closedloop": {"+enabled": False}}
    settings.pop("data_tests", None)
    (dbt / "dbt_project.yml").write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    return copy
