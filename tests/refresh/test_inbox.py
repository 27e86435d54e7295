"""When a file is complete, and how it is filed away, without a warehouse."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from closedloop.intake import LoadReport
from closedloop.refresh.filing import REPORT, file_away, tidy
from closedloop.refresh.inbox import Inbox


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    made = Inbox(tmp_path / "inbox")
    made.prepare(make=True)
    return made


def test_a_file_must_have_been_quiet_for_a_while(inbox: Inbox) -> None:
    path = inbox.folder / "incidents.csv"
    path.write_text("a")
    # A copy that keeps its original's times looks old, and is not.
    os.utime(path, (0, 0))
    assert Inbox(inbox.folder, quiet=60).look_around() == ([], ["incidents.csv"])
    assert [each.path for each in inbox.look_around()[0]] == [path]


@pytest.mark.parametrize(
    "name", ["a.csv.part", "a.csv.filepart", "a.csv.tmp", "a.xlsx~", "link", "pipe", "empty/"]
)
def test_what_is_not_complete_waits(inbox: Inbox, name: str) -> None:
    path = inbox.folder / name.rstrip("/")
    if name == "link":
        path.symlink_to(__file__)
    elif name == "pipe":
        os.mkfifo(path)
    elif name == "empty/":
        path.mkdir()
    else:
        path.write_text("a")
    assert inbox.look_around() == ([], [path.name])


@pytest.mark.parametrize("name", [".hidden.csv", "~$incidents.xlsx", ".~incidents.xlsx", "Thumbs.db"])
def test_what_programs_leave_beside_files_is_not_looked_at(inbox: Inbox, name: str) -> None:
    (inbox.folder / name).write_text("a")
    assert inbox.look_around() == ([], [])


def test_a_delivery_waits_for_its_last_file(inbox: Inbox) -> None:
    delivery = inbox.folder / "day"
    (delivery / "deep").mkdir(parents=True)
    (delivery / "deep" / "incidents.csv.part").write_text("a")
    assert inbox.look_around() == ([], ["day"])
    (delivery / "deep" / "incidents.csv.part").rename(delivery / "deep" / "incidents.csv")
    (found,) = inbox.look_around()[0]
    assert found.is_folder and found.unchanged
    (delivery / "more.csv").write_text("b")
    assert not found.unchanged


def test_names_that_clash_or_are_too_long_are_told_apart(inbox: Inbox) -> None:
    from datetime import UTC, datetime

    moment = datetime(2025, 4, 25, tzinfo=UTC)
    long = "警" * 80 + ".csv"
    for name in ("a.csv", "a.csv", long, long):
        (inbox.folder / name).write_text("a")
        (arrival,) = inbox.look_around()[0]
        file_away(inbox, arrival, [LoadReport(name)], moment)
    moved = sorted(path.name for path in inbox.done.iterdir() if not path.name.endswith(REPORT))
    assert [name[:19] for name in moved].count("20250425T000000Z-2_") == 2
    assert {"20250425T000000Z_a.csv", "20250425T000000Z-2_a.csv"} <= set(moved)
    assert len(moved) == 4 and len(list(inbox.done.iterdir())) == 8
    assert inbox.folder.joinpath("done").stat().st_mode & 0o077 == 0


def test_what_a_kill_left_of_a_report_is_finished_or_dropped(inbox: Inbox) -> None:
    (inbox.done / "x_a.csv").write_text("moved")
    (inbox.done / f".x_a.csv{REPORT}").write_text("{}")
    (inbox.failed / f".x_b.csv{REPORT}").write_text("{}")
    tidy(inbox)
    assert sorted(path.name for path in inbox.done.iterdir()) == ["x_a.csv", f"x_a.csv{REPORT}"]
    assert list(inbox.failed.iterdir()) == []
