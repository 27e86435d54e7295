"""Which files there are: history by period, corrections, a full extract, the last day; some spoiled."""

from __future__ import annotations

import numpy as np
import polars as pl

from closedloop.demo import city, corrections, defects, incident_export
from closedloop.demo.clock import CUT, END, as_text, wall
from closedloop.demo.export import ExportFile
from closedloop.demo.items import Items
from closedloop.demo.plan import Plan
from closedloop.demo.world import World
from closedloop.intake import contract

_PERIODS = (
    ("2023a", "2023-04-25", "2023-10-01"),
    ("2023b", "2023-10-01", "2024-04-01"),
    ("2024a", "2024-04-01", "2024-10-01"),
    ("2024b", "2024-10-01", "2025-01-15"),
    ("2025a", "2025-01-15", "2025-04-24 08:00"),
)
_DAY = "20250424"
_FIRST_HAZARD_EXPORT = "2025-04-01"


def all_files(world: World) -> list[ExportFile]:
    """Every file in load order: organisation, history, corrections, the full extract, the last day."""
    everything = ("2023-04-25 00:00:00", "2025-04-24 08:00:00")
    day = ("2025-04-24 08:00:00", "2025-04-25 08:00:00")
    to_date = (everything[0], day[1])
    files = [
        ExportFile("stations_2023.csv", "stations", city.stations(before_the_move=True), to_date),
        ExportFile("stations_20240701.csv", "stations", city.stations(before_the_move=False)[8:9], to_date),
        # After the stations, so that what it covers can be said of every one of them.
        ExportFile("bureaus.csv", "bureaus", city.bureaus(), to_date),
        ExportFile("posts.csv", "posts", city.posts(), to_date, chinese_headers=True),
    ]
    files += _incident_files(world, day)
    files += _item_files(world, world.disputed, "disputes", "dispute_id", everything, day)
    files += _item_files(world, world.directed, "directives", "directive_id", everything, day)
    files += _item_files(world, world.diverted, "diversions", "diversion_id", everything, day)
    files += _hazard_files(world, everything, day)
    files += _event_files(world, day)
    files += _volunteer_files(world, everything, day)
    files = [f for f in files if not f.last_day] + [f for f in files if f.last_day]
    files = [f for f in files if len(f.frame)]
    _spoil(world.plan, files)
    return files


def _incident_files(world: World, day: tuple[str, str]) -> list[ExportFile]:
    history = incident_export.export(world.calls, world.where, CUT)
    late = set(world.calls.ids[world.calls.entered_late].tolist())
    history = history.filter(~pl.col("incident_id").is_in(list(late)))
    files = []
    for name, first, last in _PERIODS:
        rows = history.filter((pl.col("received_at") >= first) & (pl.col("received_at") < last))
        files.append(
            ExportFile(
                f"incidents_{name}.csv.gz",
                "incidents",
                rows,
                (_moment(first), _moment(last)),
                chinese_headers=name == "2023b",
            )
        )
        if name == "2024b":
            files.append(corrections.incidents(world.plan, history))
    newest = incident_export.export(world.calls, world.where, END)
    wanted = world.calls.ids[incident_export.in_daily_export(world.calls)]
    today = newest.filter(pl.col("incident_id").is_in(wanted.tolist()))
    new = pl.col("received_at") >= "2025-04-24 08:00:00"
    desk = today.filter(new & (pl.col("source") == "walk_in"))
    rest = today.filter(~(new & (pl.col("source") == "walk_in")))
    files.append(ExportFile(f"incidents_{_DAY}.csv", "incidents", rest, day, last_day=True))
    files.append(
        ExportFile(
            f"incidents_{_DAY}_walk_in.csv", "incidents", corrections.with_persons(desk), day, last_day=True
        )
    )
    return files


def _item_files(
    world: World, items: Items, table: str, key: str, everything: tuple[str, str], day: tuple[str, str]
) -> list[ExportFile]:
    history = items.frame(key, CUT)
    opened = items.opened_by
    files = []
    if table == "disputes":
        parts = (
            ("2023", everything[0], "2024-01-01 00:00:00"),
            ("2024", "2024-01-01 00:00:00", "2025-01-01 00:00:00"),
            ("2025", "2025-01-01 00:00:00", everything[1]),
        )
    else:
        parts = (("2023_2025", *everything),)
    for name, first, last in parts:
        rows = history.filter((pl.col(opened) >= first) & (pl.col(opened) < last))
        old_system = table == "disputes" and name == "2023"
        files.append(
            ExportFile(
                f"{table}_{name}.csv.gz",
                table,
                rows,
                (first, last),
                chinese_headers=old_system,
                encoding="gb18030" if old_system else "utf-8",
            )
        )
        if table == "disputes" and name == "2024":
            files.append(corrections.disputes(world.plan, rows))
    newest = items.frame(key, END)
    changed = newest.join(history, on=newest.columns, how="anti", nulls_equal=True, maintain_order="left")
    changed = changed.filter(pl.col("station_id") != str(city.IDS[city.MISSING]))
    files.append(ExportFile(f"{table}_{_DAY}.csv", table, changed, day, last_day=True))
    return files


def _hazard_files(world: World, everything: tuple[str, str], day: tuple[str, str]) -> list[ExportFile]:
    """A first export, then a full extract from which a few hazards have vanished, then the last day."""
    items = world.hazardous
    first = items.frame("task_id", wall(_FIRST_HAZARD_EXPORT))
    full = items.frame("task_id", CUT)
    vanished = corrections.vanished(
        world.plan, first, world.events, {c["item_id"] for c in world.cases.values()}
    )
    world.cases["hazards_vanished"] = {
        "loop": "hazard",
        "item_ids": vanished,
        "note": "in the first export, absent from the full extract of 2025-04-24: withdrawn",
    }
    kept = full.filter(~pl.col("task_id").is_in(vanished))
    newest = items.frame("task_id", END).join(full, on="task_id", how="anti", maintain_order="left")
    newest = newest.filter(pl.col("station_id") != str(city.IDS[city.MISSING]))
    return [
        ExportFile("tasks_2023_2025.csv.gz", "tasks", first, (everything[0], _moment(_FIRST_HAZARD_EXPORT))),
        ExportFile("tasks_full_20250424.csv.gz", "tasks", kept, everything, extract="full"),
        ExportFile(f"tasks_{_DAY}.csv", "tasks", newest, day, last_day=True),
    ]


def _event_files(world: World, day: tuple[str, str]) -> list[ExportFile]:
    events = world.events
    tagged = events.filter(pl.col("tag").is_not_null()).select("tag", supersedes="event_id")
    events = events.join(tagged, left_on="corrects", right_on="tag", how="left", maintain_order="left")
    frame = events.select(
        "event_id",
        "loop",
        item_id="item_id",
        stage="stage",
        move="move",
        occurred_at=as_text(events["at"].to_numpy()),
        recorded_at=as_text(events["recorded"].to_numpy()),
        severity="severity",
        due_at=as_text(events["due"].fill_null(2**60).to_numpy()),
        station_id="to_station",
        post_id="post",
        department_id=pl.col("department").replace("", None),
        outcome="outcome",
        supersedes="supersedes",
    ).with_columns(_recorded=events["recorded"])
    history = frame.filter(pl.col("_recorded") < CUT).drop("_recorded")
    today = frame.filter(pl.col("_recorded") >= CUT).drop("_recorded")
    # The first period also takes what happened before anything was issued.
    files = []
    for i, (name, first, last) in enumerate(_PERIODS):
        inside = pl.col("occurred_at") < last
        if i:
            inside &= pl.col("occurred_at") >= first
        covers = (_moment(first), _moment(last))
        files.append(ExportFile(f"loop_events_{name}.csv.gz", "loop_events", history.filter(inside), covers))
        if name == "2024b":
            files.append(corrections.events(world.plan, history.filter(inside)))
    files.append(ExportFile(f"loop_events_{_DAY}.csv.gz", "loop_events", today, day, last_day=True))
    return files


def _volunteer_files(world: World, everything: tuple[str, str], day: tuple[str, str]) -> list[ExportFile]:
    helped = world.helped
    old = pl.Series(helped.recorded < CUT)
    return [
        ExportFile(
            "volunteer_posts.xlsx",
            "volunteer_posts",
            helped.posts,
            (everything[0], day[1]),
            chinese_headers=True,
        ),
        ExportFile("volunteers.csv", "volunteers", helped.people, (everything[0], day[1])),
        ExportFile(
            "volunteer_activities_2023_2025.zip",
            "volunteer_activities",
            helped.activities.filter(old),
            everything,
        ),
        ExportFile(
            f"volunteer_activities_{_DAY}.csv",
            "volunteer_activities",
            helped.activities.filter(~old),
            day,
            last_day=True,
        ),
    ]


#: Which files carry bad rows, and which of them also lines that are no rows.
_SPOILED_FILES = {
    "incidents_2023b.csv.gz": 1,
    "disputes_2024.csv.gz": 2,
    "directives_2023_2025.csv.gz": 1,
    "diversions_2023_2025.csv.gz": 0,
    "loop_events_2024a.csv.gz": 2,
    "volunteer_activities_2023_2025.zip": 0,
}


def _spoil(plan: Plan, files: list[ExportFile]) -> None:
    """Mix the bad rows into their files."""
    for file in files:
        if file.name not in _SPOILED_FILES:
            continue
        bad = defects.spoil(plan, file.table, contract.key_of(contract.TABLES[file.table]), file.frame)
        file.frame = defects.mixed_in(file.frame, bad.rows)
        file.garbage = _SPOILED_FILES[file.name]
        file.bad_rows = bad.count + file.garbage


def _moment(text: str) -> str:
    """``YYYY-MM-DD HH:MM:SS`` of a date or a moment."""
    return str(np.datetime64(text.replace(" ", "T"), "s")).replace("T", " ")
