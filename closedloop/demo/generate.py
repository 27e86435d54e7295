"""From a scale and a seed to a folder of exports: subjects in order, then files in order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from closedloop.demo import city, incidents, places
from closedloop.demo.export import ExportFile, write, write_manifest
from closedloop.demo.files import all_files
from closedloop.demo.plan import Plan
from closedloop.demo.readme import README
from closedloop.demo.world import World, make
from closedloop.errors import ClosedloopError

COMMITTED_SCALE, COMMITTED_SEED = 1.0, 20250425


@dataclass(frozen=True)
class Written:
    """What a run wrote. ``planted`` tells which item each named case became."""

    out: Path
    files: int
    size: int
    rows: dict[str, int]
    planted: dict


def generate(scale: float, seed: int, out: Path) -> Written:
    """Write all export files, ``manifest.yml``, ``planted.yml`` and a README into ``out``.

    Files of an earlier run are replaced. The content depends on scale and seed only. Raises ClosedloopError
    when the folder holds anything else.
    """
    _make_room(out)
    world = make(Plan(scale, seed))
    files = all_files(world)
    compression = 9 if scale <= 2 else 3
    size = sum(write(file, out, compression) for file in files)
    write_manifest(files, out, scale, seed)
    facts = _facts(world, files)
    (out / "planted.yml").write_text(
        "# Which item each planted case became, and what the files hold. Synthetic.\n"
        + yaml.safe_dump(facts, allow_unicode=True, sort_keys=False, width=110),
        "utf-8",
    )
    (out / "README.md").write_text(README, "utf-8")
    rows: dict[str, int] = {}
    for file in files:
        rows[file.table] = rows.get(file.table, 0) + len(file.frame)
    return Written(out, len(files), size, rows, facts)


def _make_room(out: Path) -> None:
    """An empty folder, or one that an earlier run wrote, whose files go. Anything else is refused."""
    if out.exists() and not out.is_dir():
        raise ClosedloopError(f"{out} is a file; name a folder: --out DIR")
    manifest = out / "manifest.yml"
    if out.is_dir() and any(out.iterdir()):
        try:
            known = yaml.safe_load(manifest.read_text("utf-8"))
            ours = known["synthetic"] is True
            names = [str(entry["file"]) for entry in known["files"]]
        except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError):
            ours, names = False, []
        if not ours:
            raise ClosedloopError(
                f"{out} holds files that no earlier run wrote; name an empty folder: --out DIR"
            )
        for name in names:
            (out / Path(name).name).unlink(missing_ok=True)
    out.mkdir(parents=True, exist_ok=True)


def _facts(world: World, files: list[ExportFile]) -> dict:
    """What ``planted.yml`` tells: named cases, planted places, and how many rows each file must lose."""
    calls = world.calls
    is_violence = incidents.CATEGORIES[calls.final] == "domestic_violence"
    wrongly = is_violence & (calls.outcome == "diverted")
    too_early = calls.closed < calls.received
    return {
        "synthetic": True,
        "as_of": "2025-04-25 08:00:00",
        "missing_station": str(city.IDS[city.MISSING]),
        "town_station": str(city.IDS[city.TOWN]),
        "cases": world.cases,
        "hot_places": {
            hot.name: {
                "station_id": hot.station_id,
                "place_key": str(world.where.key[world.where.hot[hot.name]]),
                "place": hot.text,
            }
            for hot in places.HOT
        },
        "unknown_station_incidents": sorted(calls.ids[calls.odd_station != ""].tolist()),
        "unknown_category_incidents": sorted(calls.ids[calls.odd_category != ""].tolist()),
        "domestic_violence_diverted": sorted(calls.ids[wrongly].tolist()),
        "closed_before_received_incidents": sorted(calls.ids[too_early].tolist()),
        "entered_late_incidents": sorted(calls.ids[calls.entered_late].tolist()),
        "quarantined_rows": {f.name: f.bad_rows for f in files if f.bad_rows},
    }
