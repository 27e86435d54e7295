"""The walking calendar against days that were counted by hand."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.oracle.reference import Reference
from tests.oracle.stories import local

TIME = Reference.read().working_time


@pytest.mark.parametrize(
    ("start", "n", "due"),
    [
        ("2025-04-23 10:00", 1, "2025-04-24 17:00"),
        ("2025-04-23 23:59:59", 1, "2025-04-24 17:00"),
        ("2025-04-24 00:00", 1, "2025-04-25 17:00"),
        # Sunday 27 April 2025 was worked, 1-5 May were not.
        ("2025-04-25 08:00", 1, "2025-04-27 17:00"),
        ("2025-04-26 12:00", 1, "2025-04-27 17:00"),
        ("2025-04-30 16:00", 1, "2025-05-06 17:00"),
        ("2025-04-23 10:00", 30, "2025-06-09 17:00"),
        # The three swapped days of domain knowledge for 2026.
        ("2026-02-13 09:00", 1, "2026-02-14 17:00"),
        ("2026-09-30 09:00", 1, "2026-10-08 17:00"),
        ("2025-12-31 09:00", 1, "2026-01-04 17:00"),
    ],
)
def test_the_nth_working_day_never_counts_the_day_of_the_start(start: str, n: int, due: str) -> None:
    assert TIME.close_of_nth_working_day(local(start), n) == local(due)


def test_beyond_the_calendar_there_is_no_deadline() -> None:
    last = max(TIME.days)
    assert TIME.close_of_nth_working_day(TIME.at(last, datetime.min.time()), 1) is None
    assert TIME.add_working(TIME.at(last, datetime.min.time()), timedelta(days=2)) is None
    assert TIME.close_of_nth_working_day(local("2003-12-30 09:00"), 1) is None


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2025-04-23 10:00", 8, "2025-04-24 10:00"),
        ("2025-04-23 09:00", 8, "2025-04-23 17:00"),
        ("2025-04-23 17:00", 8, "2025-04-24 17:00"),
        ("2025-04-23 20:00", 8, "2025-04-24 17:00"),
        ("2025-04-30 16:00", 2, "2025-05-06 10:00"),
    ],
)
def test_working_time_stands_still_outside_working_hours(start: str, hours: int, due: str) -> None:
    assert TIME.add_working(local(start), timedelta(hours=hours)) == local(due)
    assert TIME.worked_between(local(start), local(due)) == timedelta(hours=hours)


def test_the_walk_agrees_with_the_published_working_days() -> None:
    path = Path(__file__).parents[3] / "shared" / "reference" / "statistics.json"
    published = {"2023": 249, "2024": 251, "2025": 248, "2026": 248}
    if path.is_file():
        published = json.loads(path.read_text(encoding="utf-8"))["cn_calendar"]["workdays"]
    for year, days in published.items():
        assert sum(1 for d, hours in TIME.days.items() if d.year == int(year) and hours) == days


def test_calendar_days_keep_the_local_clock() -> None:
    assert TIME.days_later(local("2025-02-27 23:30"), 3) == local("2025-03-02 23:30")
    assert TIME.midnight_after(local("2025-03-02 23:30")) == local("2025-03-03 00:00")


def test_eight_sharp_belongs_to_the_next_duty_day() -> None:
    eight = local("2025-04-25 08:00")
    assert TIME.duty_day(eight) == date(2025, 4, 26)
    assert TIME.duty_day(eight - timedelta(microseconds=1)) == date(2025, 4, 25)
    assert TIME.duty_day(datetime(2025, 4, 24, 0, 0, tzinfo=UTC)) == date(2025, 4, 25)
