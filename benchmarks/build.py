"""How long a build takes: in full, its SQL without dbt, and with one more day loaded; and what it holds.

    python -m benchmarks.build [--incidents 1000000] [--home DIR] [--again]

Makes the big city of ``benchmarks.city`` without its last day, and then
* builds and publishes it (``closedloop build``: seeds, models, row security, every data test, publication);
* runs the same compiled models bare, tables with their indexes and statistics, on as many connections as dbt
  has (``benchmarks.bare``), and prints the ratio of the two;
* builds once more, for a build goes on from the one before the last, and the first two make everything;
* loads the exports of the last day, builds, and prints its share of the full build. It is the first build of
  the warehouse that catches up: dbt parses the project for it, once;
* builds once more: the other twin catches up with the same day. A full build of the other one lies between
  each twin's last use and these two, so that they read most pages from the disk;
* tells each twin twice more that it has not seen that day, and builds: the second time the server has what
  they need, as it has where a build follows the other day after day. Such a build has two days' exports to
  catch up with, these have one;
* prints the most memory that the server and dbt held at once, and the size of the warehouse.

Every step that ended is kept in DIR: a run that was cut short goes on with the next one, ``--again`` measures
all of them anew.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from benchmarks import city
from benchmarks.bare import run_bare
from benchmarks.memory import watched
from closedloop import warehouse
from closedloop.settings import Settings
from closedloop.transform.builder import build
from closedloop.warehouse import embedded
from closedloop.warehouse.connections import connect

SLOWEST = 15


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--incidents", type=int, default=1_000_000)
    options.add_argument(
        "--home", type=Path, help="kept for the next run; by default below the temporary folder"
    )
    options.add_argument("--again", action="store_true", help="forget what was measured before")
    asked = options.parse_args()
    home = asked.home or Path(tempfile.gettempdir()) / f"closedloop-city-{asked.incidents}"
    settings = city.settings_of(home)
    kept = home / "measured.json"
    if asked.again:
        kept.unlink(missing_ok=True)
    with warehouse.in_use(settings, print):
        steps: list[tuple[str, Callable[[], dict]]] = [
            ("city", lambda: _make(settings, asked.incidents)),
            ("full", lambda: _build(settings)),
            ("bare", lambda: _bare(settings)),
            ("twin", lambda: _build(settings)),
            ("day", lambda: _day(settings)),
            ("day again", lambda: _build(settings)),
            ("kept", lambda: _day_repeated(settings)),
        ]
        measured = json.loads(kept.read_text()) if kept.exists() else {}
        for name, step in steps:
            if name not in measured:
                print(f"{name} …", flush=True)
                measured[name] = step() | {"load": os.getloadavg()[0]}
                kept.write_text(json.dumps(measured))
        _tell(measured)


def _make(settings: Settings, incidents: int) -> dict:
    city.make(settings, incidents)
    return {"incidents": city.incidents(settings)}


def _build(settings: Settings) -> dict:
    with watched(embedded.status(settings).pid) as peak:
        report = build(settings)
    kinds = Counter()
    for node in report.nodes:
        kinds[node.kind] += node.seconds
    return {
        "seconds": report.seconds,
        "kinds": kinds,
        "nodes": {node.name: [node.kind, node.seconds] for node in report.nodes},
        "server": peak.server,
        "build": peak.build,
        "disk": _disk(settings),
    }


def _bare(settings: Settings) -> dict:
    seconds, nodes = run_bare(settings)
    return {"seconds": seconds, "nodes": nodes}


def _day(settings: Settings) -> dict:
    before = city.incidents(settings)
    city.add_last_day(settings)
    return {"incidents": city.incidents(settings) - before} | _build(settings)


def _day_repeated(settings: Settings) -> dict:
    """The slower of the two twins when each catches up with the last day for the second time."""
    runs = []
    for _ in range(4):
        city.forget_last_day(settings)
        runs.append(_build(settings))
    return max(runs[-2:], key=lambda run: run["seconds"])


def _disk(settings: Settings) -> int:
    with connect("owner", settings) as connection:
        return connection.execute("select pg_database_size(current_database())").fetchone()[0]


def _tell(measured: dict) -> None:
    full, bare, day = measured["full"], measured["bare"], measured["day"]
    print(f"{measured['city']['incidents']:,} incidents")
    print(f"full build        {full['seconds']:8.0f} s   load of the machine then {full['load']:.1f}")
    for kind, seconds in sorted(full["kinds"].items(), key=lambda each: -each[1]):
        print(f"  {kind:16}{seconds:8.0f} s   summed over its threads")
    twin = measured["twin"]
    print(f"and again         {twin['seconds']:8.0f} s   load of the machine then {twin['load']:.1f}")
    print(f"bare models       {bare['seconds']:8.0f} s   load of the machine then {bare['load']:.1f}")
    print(f"full / bare       {full['seconds'] / bare['seconds']:8.2f}")
    print(f"one more day      {day['seconds']:8.0f} s   {_share(day, full)}, {day['incidents']:,} incidents")
    again = measured["day again"]
    print(f"its other twin    {again['seconds']:8.0f} s   {_share(again, full)}")
    kept = measured["kept"]
    print(f"kept in memory    {kept['seconds']:8.0f} s   {_share(kept, full)}, the slower twin")
    print(
        f"memory            {full['server'] / 1e9:8.2f} GB server, "
        f"{full['build'] / 1e9:.2f} GB dbt and builder"
    )
    print(f"disk              {day['disk'] / 1e9:8.1f} GB, with the build before the last one")
    print("what takes longest in the full build, and its SQL bare:")
    slowest = sorted(full["nodes"].items(), key=lambda each: -each[1][1])[:SLOWEST]
    for name, (kind, seconds) in slowest:
        alone = bare["nodes"].get(name)
        print(f"  {name:58}{kind:6}{seconds:8.1f} s" + (f"{alone:8.1f} s" if alone else ""))
    print("what takes longest in the last of them:")
    for name, (kind, seconds) in sorted(kept["nodes"].items(), key=lambda each: -each[1][1])[:SLOWEST]:
        print(f"  {name:58}{kind:6}{seconds:8.1f} s")


def _share(one: dict, full: dict) -> str:
    share = one["seconds"] / full["seconds"]
    return f"{share:.1%} of the full build, load of the machine then {one['load']:.1f}"


if __name__ == "__main__":
    main()
