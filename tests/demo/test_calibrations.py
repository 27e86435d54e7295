"""The planned counts, recounted from the raw files alone."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
import pytest

from tests.demo.exports import COMMITTED, current, manifest, planted, texts


@pytest.fixture(scope="module")
def incidents() -> pl.DataFrame:
    return current("incidents")


@pytest.fixture(scope="module")
def events() -> pl.DataFrame:
    return current("loop_events").filter(pl.col("occurred_at") < "2025-04-25 08:00:00")


def test_two_years_of_calls_end_on_the_morning_of_25_april_2025(incidents: pl.DataFrame) -> None:
    times = incidents["received_at"].str.to_datetime("%Y-%m-%d %H:%M:%S")
    assert 60_000 <= len(incidents) <= 70_000
    assert times.min().date() == date(2023, 4, 25)
    assert datetime(2025, 4, 25) < times.max() < datetime(2025, 4, 25, 8)
    assert times.dt.date().n_unique() == 732


def test_27_percent_of_incidents_are_no_police_matter(incidents: pl.DataFrame) -> None:
    """However it is counted: with or without the few invalid calls, over all or as a mean of days."""
    no_matter = pl.col("is_police_matter").is_in(["0", "否"])
    valid = pl.col("is_valid").is_in(["1", "是"])
    shares = incidents.select(
        all_calls=no_matter.mean(),
        valid_calls=(no_matter & valid).mean(),
        of_valid=(no_matter & valid).sum() / valid.sum(),
    ).row(0)
    assert [round(share, 2) for share in shares] == [0.27] * 3
    days = incidents.group_by(pl.col("received_at").str.head(10)).agg(share=no_matter.mean())
    assert round(days["share"].mean(), 2) == 0.27
    assert days["share"].std() < 0.035


def test_nine_directives_on_the_duty_day_25_april_each_with_measures_and_a_station() -> None:
    rows = current("directives").filter(
        (pl.col("issued_at") >= "2025-04-24 08:00:00") & (pl.col("issued_at") < "2025-04-25 08:00:00")
    )
    assert len(rows) == 9
    assert rows["measures"].null_count() == 0
    assert set(rows["station_id"]) <= set(current("stations")["station_id"])
    assert set(rows["severity"]) == {"red", "yellow", "blue"}


def test_581_leads_since_august_2024_of_which_578_resolved(events: pl.DataFrame) -> None:
    leads = current("disputes").filter(pl.col("found_at") >= "2024-08-01")
    assert len(leads) == 581
    assert leads.filter(pl.col("outcome") == "resolved").height == 578
    concluded = events.filter((pl.col("stage") == "conclude") & (pl.col("outcome") == "resolved"))
    assert leads.filter(pl.col("dispute_id").is_in(concluded["item_id"].unique().implode())).height == 578


def test_no_resolved_lead_was_left_open_again(events: pl.DataFrame) -> None:
    leads = current("disputes").filter(pl.col("found_at") >= "2024-08-01")
    of_leads = events.filter(pl.col("item_id").is_in(leads["dispute_id"].implode()))
    last = (
        of_leads.filter((pl.col("stage") == "conclude") | (pl.col("move") == "reopen"))
        .sort("occurred_at")
        .group_by("item_id")
        .last()
    )
    assert last.filter(pl.col("move") == "reopen").is_empty()
    assert len(last) == 579


def test_1106_diversions_of_one_station_in_2023() -> None:
    rows = current("diversions").filter(
        (pl.col("station_id") == planted()["town_station"])
        & (pl.col("sent_at") >= "2023-07-31 00:00:00")
        & (pl.col("sent_at") < "2024-01-01 00:00:00")
    )
    assert len(rows) == 1_106


def test_600_volunteers_66_posts_and_their_year_2024() -> None:
    assert current("volunteers").filter(pl.col("left_on").is_null()).height == 600
    assert current("volunteer_posts").filter(pl.col("closed_on").is_null()).height == 66
    year = current("volunteer_activities").filter(pl.col("started_at").str.starts_with("2024"))
    counts = dict(year.group_by("kind").len().iter_rows())
    assert counts["patrol"] >= 1_300
    assert counts["mediation"] >= 90
    assert counts["lead"] >= 60


def test_every_colour_is_open_and_overdue_at_the_end() -> None:
    cases = planted()["cases"]
    for colour in ("red", "yellow", "blue"):
        assert f"{colour}_overdue" in cases
        assert f"hazard_{colour}_overdue" in cases


def test_the_missing_station_is_absent_from_the_last_day_and_from_nothing_else(
    incidents: pl.DataFrame,
) -> None:
    missing = planted()["missing_station"]
    last_day = [f for f in manifest()["files"] if f["stations"] != "all"]
    assert {f["table"] for f in last_day} == {
        "incidents",
        "disputes",
        "directives",
        "diversions",
        "tasks",
        "loop_events",
        "volunteer_activities",
    }
    for entry in last_day:
        assert entry["stations"] == {"except": [missing]}
        assert entry["covers_until"] == "2025-04-25 08:00:00"
        rows = texts(COMMITTED / entry["file"], entry["table"])
        assert len(rows) > 0
        assert missing not in rows["station_id"].to_list()
    of_missing = incidents.filter(pl.col("station_id") == missing)
    assert len(of_missing) > 1_000
    assert of_missing["received_at"].max() < "2025-04-24 08:00:00"


def test_vanished_hazards_are_in_the_first_export_and_not_in_the_full_one() -> None:
    files = [f for f in manifest()["files"] if f["table"] == "tasks"]
    full = next(f for f in files if f["extract"] == "full")
    first = texts(COMMITTED / files[0]["file"], "tasks")["task_id"].to_list()
    kept = texts(COMMITTED / full["file"], "tasks")["task_id"].to_list()
    vanished = planted()["cases"]["hazards_vanished"]["item_ids"]
    assert vanished == sorted(set(first) - set(kept))
    assert len(vanished) == 6


def test_persons_stand_in_one_small_file_and_are_one_invented_line() -> None:
    header_words = ("报警人", "联系电话", "身份证号", "警情描述")
    found = []
    for entry in manifest()["files"]:
        path = COMMITTED / entry["file"]
        if path.suffix == ".csv" and any(
            word in path.read_text("utf-8").split("\n")[0] for word in header_words
        ):
            found.append(path)
    assert [p.name for p in found] == ["incidents_20250424_walk_in.csv"]
    rows = pl.read_csv(found[0], infer_schema=False)
    assert set(rows["联系电话"]) == {"13800000000"}
    assert set(rows["报警人"]) <= {"张某某", "李某某", "王某某"}
    assert set(rows["身份证号"]) == {"000000190001010000"}
