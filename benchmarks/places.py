"""How long the models of places take on a million incidents, and what they say where nothing happens.

    python -m benchmarks.places [--incidents 1000000] [--places 60000] [--seed 20250425]

Makes an embedded warehouse in a temporary folder, writes three years of calls straight into the tables that
the models of places read (15 stations, most places quiet, a twentieth of the calls followed by another within
three days, nothing changing), and lets dbt build int_place_texts and everything after it up to fct_warnings.
Prints the seconds of each model, those from the first one's beginning to the last one's end (two at once, as
in a build), and the warnings: false ones, all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

from closedloop import warehouse
from closedloop.settings import get_settings
from closedloop.transform.child import NodeEvent, run_dbt
from closedloop.transform.environment import dbt_environment
from closedloop.transform.freshness import shaping_variables
from closedloop.transform.progress import silent
from closedloop.transform.project import DbtProject
from closedloop.warehouse.connections import connect

MODELS = (
    "int_place_texts",
    "int_place_keys",
    "int_place_calls",
    "int_place_callers",
    "int_place_categories",
    "int_place_spans",
    "int_place_firsts",
    "int_place_histories",
    "int_place_priors",
    "dim_places",
    "fct_place_calls",
    "int_place_unusual",
    "fct_place_windows",
    "fct_place_days",
    "int_place_items",
    "fct_place_actions",
    "fct_warnings",
)
#: Most places are quiet: the weight is the sixth power of a uniform number, and a little more than none.
CALLS = """
create table marts.fct_incidents as
with weights as (
    select n as place, random() ^ 6 + 0.02 as weight from generate_series(1, {places}) as n
),
ends as (
    select place, sum(weight) over (order by place) / sum(weight) over () as upto from weights
),
shares as (
    select place, coalesce(lag(upto) over (order by place), 0) as since, upto from ends
),
drawn as (
    select
        place,
        timestamptz '2022-01-01 00:00+08' + random() * interval '1095 days' as received_at
    from shares
    cross join lateral generate_series(
        1, floor({incidents} / 1.05 * (upto - since))::integer
        + (random() < ({incidents} / 1.05 * (upto - since))::numeric % 1)::integer
    )
),
followed as (
    select place, received_at from drawn
    union all
    select place, received_at + random() * interval '3 days' from drawn where random() < 0.05
),
numbered as (
    select *, row_number() over (order by received_at) as n from followed
)
select
    'incident:I' || n as work_item_id,
    'I' || n as incident_id,
    'incident'::text as loop,
    'S' || lpad((place % 15 + 1)::text, 2, '0') as opening_station_id,
    'S' || lpad((place % 15 + 1)::text, 2, '0') as station_id,
    (array['dispute', 'help', 'traffic', 'public_order', 'property', 'report'])[
        1 + floor(random() * 6)::integer
    ] as category_initial,
    null::text as category_final,
    true as is_valid,
    case
        when place % 9 = 0 then '桂' || place || '路 & 云' || place % 97 || '路'
        when place % 3 = 0
            then '澜汀街' || place || '号安和苑' || place % 30 || '栋' || n % 3 || '单元' || n % 9 || '01室'
        else '云锦路' || place || '号便利店'
    end as place,
    null::text as place_key,
    (array['shop', 'residential', 'road'])[1 + place % 3] as place_type,
    received_at,
    null::timestamptz as handled_at,
    null::timestamptz as withdrawn_at,
    null::text as merged_into
from numbered
"""
REPORTERS = """
create table staging.stg_incidents as
select incident_id, loop, true as is_current, 'r' || floor(random() * {incidents} / 3)::text as reporter_key
from marts.fct_incidents
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--incidents", type=int, default=1_000_000)
    options.add_argument("--places", type=int, default=60_000)
    options.add_argument("--seed", type=int, default=20250425)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        for name in [name for name in os.environ if name.startswith("CLOSEDLOOP_")]:
            del os.environ[name]
        os.environ["CLOSEDLOOP_HOME"] = str(Path(folder) / "home")
        get_settings.cache_clear()
        settings = get_settings()
        with warehouse.in_use(settings):
            warehouse.migrate(settings)
            _measure(settings, asked)


def _measure(settings, asked: argparse.Namespace) -> None:
    with connect("owner", settings, autocommit=True) as connection:
        variables = shaping_variables(connection, settings, DbtProject.of(settings))

        def dbt(command: str, *select: str, on_event=silent):
            result = run_dbt(
                [command, "--vars", json.dumps(variables), "--select", *select],
                dbt_environment(settings, schema_suffix=""),
                on_event,
            )
            failed = [node.name for node in result.nodes if node.status not in ("success", "pass")]
            if result.problem or failed:
                raise SystemExit(f"dbt {command}: {result.problem or failed}")
            return result.nodes

        # Everything before the models of places, on an empty warehouse: it gives them their shapes.
        dbt("seed", "resource_type:seed")
        dbt("run", "+fct_incidents", "+fct_disputes", "+fct_directives", "+fct_diversions", "stg_tasks")
        connection.execute("select setseed(%s)", [asked.seed % 1000 / 1000])
        sizes = {"incidents": asked.incidents, "places": asked.places}
        connection.execute("drop table marts.fct_incidents cascade")
        connection.execute("drop view staging.stg_incidents cascade")
        connection.execute(CALLS.format(**sizes))
        # Nobody reads it here, but a run ends with a look at every mart.
        connection.execute("alter table marts.fct_incidents enable row level security")
        for policy in ("scope", "analyst"):
            connection.execute(
                f"create policy {policy} on marts.fct_incidents for select to current_user using (false)"
            )
        connection.execute(REPORTERS.format(**sizes))
        connection.execute("truncate intermediate.int_coverage")
        connection.execute("analyze")
        variables["as_of"] = "2025-01-01 00:00:00+08"
        moments: list[float] = []

        def note(event: NodeEvent) -> None:
            if event.node.rpartition(".")[2] in MODELS:
                moments.append(time.monotonic())

        nodes = [node for node in dbt("run", *MODELS, on_event=note) if node.name in MODELS]
        for node in nodes:
            print(f"{node.name:20}{node.seconds:>8.1f} s")
        (incidents, places) = connection.execute(
            "select (select count(*) from marts.fct_place_calls), (select count(*) from marts.dim_places)"
        ).fetchone()
        (warnings, weeks) = connection.execute(
            "select count(*), count(distinct date_trunc('week', judged_on)) from marts.fct_warnings"
        ).fetchone()
        print(
            f"{incidents:,} calls at {places:,} places: {moments[-1] - moments[0]:.1f} s, "
            f"the models' own seconds {sum(node.seconds for node in nodes):.1f}"
        )
        print(f"{warnings} false warnings in three years, in {weeks} different weeks")
        print(f"load of the machine {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
