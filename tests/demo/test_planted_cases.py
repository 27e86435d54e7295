"""What was planted is there, at the committed scale and at the smallest one that tests use."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
import pytest

from closedloop.demo import generate
from closedloop.demo.clock import REFERENCE
from closedloop.intake.load import prepare
from closedloop.intake.reading import read_file
from closedloop.intake.validation import Validated
from closedloop.settings import Settings
from tests.demo.exports import COMMITTED, current, manifest, planted

_TABLES = {"directive": "directives", "dispute": "disputes", "diversion": "diversions", "hazard": "tasks"}
_KEYS = {
    "directives": "directive_id",
    "disputes": "dispute_id",
    "diversions": "diversion_id",
    "tasks": "task_id",
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "small"
    generate(0.02, 11, folder)
    return folder


@pytest.fixture(scope="module", params=["committed", "small"])
def folder(request: pytest.FixtureRequest, small: Path) -> Path:
    return COMMITTED if request.param == "committed" else small


def test_every_planted_case_is_exported_under_the_number_that_planted_yml_gives(folder: Path) -> None:
    numbers = {table: set(current(table, folder)[key]) for table, key in _KEYS.items()}
    cases = planted(folder)["cases"]
    assert len(cases) > 50
    for name, case in cases.items():
        for item in case.get("item_ids", [case.get("item_id")]):
            assert item in numbers[_TABLES[case["loop"]]], name


def test_every_move_and_every_stage_happens(folder: Path) -> None:
    events = current("loop_events", folder)
    moves = set(events["move"].drop_nulls())
    with (REFERENCE / "moves.csv").open(encoding="utf-8") as seed:
        assert moves == {row["move"] for row in csv.DictReader(seed)}
    stages = set(events.filter(pl.col("stage").is_not_null()).select("loop", "stage").iter_rows())
    assert stages >= {
        *(
            ("directive", s)
            for s in ("dispatch", "sign", "handle", "collect", "inspect", "rectify", "feedback")
        ),
        *(("dispute", s) for s in ("assign", "mediate", "stabilise", "conclude", "revisit")),
        *(("diversion", s) for s in ("send", "accept", "finish", "feedback")),
        *(("hazard", s) for s in ("refer", "fix", "verify", "close")),
    }
    assert events["supersedes"].drop_nulls().len() == 1


def test_crossroads_are_named_both_ways_round(folder: Path) -> None:
    places = current("incidents", folder).filter(pl.col("place").str.contains(" & "))["place"]
    reversed_too = {" & ".join(reversed(p.split(" & "))) for p in places}
    assert reversed_too & set(places)


def test_something_is_recorded_days_late_and_something_skips_a_stage(folder: Path) -> None:
    events = current("loop_events", folder).with_columns(
        pl.col("occurred_at", "recorded_at").str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False)
    )
    delay = events["recorded_at"] - events["occurred_at"]
    assert (delay.dt.total_hours() > 24).any()
    calls = current("incidents", folder)
    skipped = calls.filter(pl.col("closed_at").is_not_null() & pl.col("arrived_at").is_null())
    assert 0 < len(skipped) < 0.03 * len(calls)


def test_exactly_the_planned_rows_end_in_quarantine(folder: Path, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    refused = {}
    for entry in manifest(folder)["files"]:
        source = read_file(folder / entry["file"])
        prepared = prepare(entry["table"], source, mapping=None, loaded_by="test", settings=settings)
        checked: list[Validated] = [validated for _, validated in prepared.outputs]
        if bad := sum(len(c.bad) for c in checked):
            refused[entry["file"]] = bad
    assert refused == planted(folder)["quarantined_rows"]
    assert sum(refused.values()) > 50
