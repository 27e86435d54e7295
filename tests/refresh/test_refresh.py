"""What a refresh takes, where it puts it, what it says, and how it ends."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from closedloop.refresh import Budget, Outcome
from closedloop.refresh.run import refresh
from closedloop.refresh.turn import last_refresh, turn
from closedloop.transform.environment import BUILDER
from closedloop.transform.record import last_build
from closedloop.warehouse.locks import LOAD_AND_BUILD
from tests.intake.files import incident, write_csv
from tests.refresh.running import Place

_MAPPING = """
outputs:
  - table: incidents
    fields: {incident_id: nr, station_id: {constant: S01}, received_at: at}
"""


def _in_process(
    place: Place, *, seconds: float | None = None, **options: object
) -> tuple[Outcome, list[str]]:
    said: list[str] = []
    outcome = refresh(
        place.settings, budget=Budget(seconds), tell=lambda event, text, **facts: said.append(text), **options
    )
    return outcome, said


def _report(folder: Path, name: str) -> dict:
    (path,) = folder.glob(f"*_{name}.report.json")
    return json.loads(path.read_text(encoding="utf-8"))


def test_one_refresh_of_everything_that_may_lie_there(place: Place) -> None:
    inbox = place.inbox
    write_csv(inbox / "incidents_a.csv", [incident(1), incident(2, received_at="noon")])
    write_csv(inbox / "incidents_a2.csv", [incident(1)])
    # By a mapping whose name the file's name begins with, on its own and beside a table's own files.
    (inbox / "mappings").mkdir()
    (inbox / "mappings" / "calls.yml").write_text(_MAPPING)
    write_csv(inbox / "calls_0425.csv", [{"nr": "A1", "at": "2025-04-25 07:00"}])
    # A delivery says what it covers, and is filed as one.
    (inbox / "2025-04-25").mkdir()
    write_csv(inbox / "2025-04-25" / "x.csv", [incident(3)])
    (inbox / "2025-04-25" / "manifest.yml").write_text(
        "files: [{file: x.csv, table: incidents, covers_until: 2025-04-25 08:00:00}]"
    )
    # What a delivery holds and does not name would be filed with the rest, and never loaded.
    (inbox / "halves" / "more").mkdir(parents=True)
    write_csv(inbox / "halves" / "x.csv", [incident(3)])
    write_csv(inbox / "halves" / "y.ods", [incident(6)])
    (inbox / "halves" / "manifest.yml").write_text("files: [{file: x.csv, table: incidents}]")
    (inbox / "~$incidents.xlsx").write_bytes(b"owner")
    # What cannot be loaded, and keeps nothing else out.
    (inbox / "disputes.csv").write_bytes(b"")
    (inbox / "minutes.docx").write_bytes(b"PK")
    write_csv(inbox / "incidents_other.csv", [{"警单号": "A9", "报警时间": "2025-04-25 07:00"}])
    (inbox / "mappings" / "torn.yml").write_text("outputs: [")
    write_csv(inbox / "torn_1.csv", [incident(4)])
    Path(os.fsdecode(os.fsencode(inbox) + "/incidents_警情.csv".encode("gb18030"))).write_bytes(b"x")
    # What is not complete, or not a file, stays.
    write_csv(inbox / "incidents_b.csv.part", [incident(5)])
    (inbox / "incidents_c.csv").symlink_to("/etc/passwd")

    code, said = place.refresh("--json")
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    end = lines[-1]
    assert (code, end["event"], end["exit_code"], end["build"]) == (2, "end", 2, "published"), said
    assert (end["done"], end["failed"], end["waiting"], end["left"]) == (4, 6, 2, 0)
    assert (end["rows_accepted"], end["rows_quarantined"]) == (3, 1)

    left = {path.name for path in inbox.iterdir()} - {"done", "failed", "mappings"}
    assert left == {"incidents_b.csv.part", "incidents_c.csv", "~$incidents.xlsx"}
    assert [file["sentence"] for file in _report(inbox / "failed", "halves")["files"]] == [
        "incidents 1 read, 0 accepted, 1 unchanged; nothing in it is new",
        "refused: y.ods is not named in manifest.yml and was not loaded; name it there, or take it out.",
    ]
    (table,) = _report(inbox / "done", "incidents_a.csv")["files"][0]["tables"]
    assert (table["read"], table["accepted"], table["quarantined"]) == (2, 1, 1)
    assert "noon" in table["bad_rows"][0]["reasons"][0][0]
    assert _report(inbox / "done", "calls_0425.csv")["files"][0]["tables"][0]["accepted"] == 1
    (delivered,) = (inbox / "done").glob("*_2025-04-25")
    assert {path.name for path in delivered.iterdir()} == {"x.csv", "manifest.yml"}
    assert _report(inbox / "failed", "disputes.csv")["files"][0]["sentence"] == (
        "refused: disputes.csv is empty; export it again."
    )
    nameless = _report(inbox / "failed", "minutes.docx")["files"][0]["sentence"]
    assert nameless.endswith(
        f"nor with the name of a mapping in {inbox}/mappings/; rename it, or put its mapping there."
    )
    headers = _report(inbox / "failed", "incidents_other.csv")["files"][0]["sentence"]
    assert "a mapping lies in" in headers and f"{inbox}/mappings/, and is named as they begin" in headers
    assert "torn.yml" in _report(inbox / "failed", "torn_1.csv")["files"][0]["sentence"]
    assert "not UTF-8" in _report(inbox / "failed", "incidents_警情.csv")["files"][0]["sentence"]
    covered = place.query("select covers_until, loaded_by from ops.batches where source_file = 'x.csv'")
    assert covered[0][0].isoformat() == "2025-04-25T00:00:00+00:00"
    assert covered[0][1] == "refresh"
    assert place.query("select count(*) from marts.fct_incidents") == [(3,)]

    # The same content once more: nothing of it is new.
    assert _report(inbox / "done", "incidents_a2.csv")["files"][0]["sentence"].endswith(
        "nothing in it is new"
    )
    assert place.query("select count(*) from ops.quarantine") == [(1,)]
    nothing, _ = _in_process(place)
    assert (nothing.done, nothing.build, nothing.exit_code) == (0, "not due", 0)
    with place.warehouse.connect("owner", autocommit=True) as connection:
        assert "no build was due" in last_refresh(connection).outcome


def test_a_late_build_is_stopped_a_failing_one_is_tried_again(place: Place) -> None:
    published = place.query("select max(build_id) from ops.builds where status = 'published'")
    write_csv(place.inbox / "incidents.csv", [incident(1)])
    code, said = place.refresh("--budget", "2.5")
    assert code == 3, said
    assert "published figures stand" in said

    # Time that was up before anything began is still enough for one file.
    for number in (1, 2):
        write_csv(place.inbox / f"incidents_{number}.csv", [incident(number)])
    outcome, _ = _in_process(place, seconds=0.001)
    assert (outcome.done, outcome.left, outcome.out_of_time) == (1, 1, True)

    # Loading leaves the build the time it will take, and takes one file whatever that is.
    for number in range(3):
        write_csv(place.inbox / f"incidents_{number}.csv", [incident(number)])
    place.query("update ops.builds set seconds = 500 where status = 'published' returning build_id")
    mart = place.project.model("fct_incidents")
    with place.project.with_text(mart, mart.read_text() + " where 1 / 0 = 1"):
        outcome, said = _in_process(place, seconds=400)
    assert (outcome.done, outcome.left, outcome.build, outcome.exit_code) == (1, 2, "failed", 1)
    assert place.query("select build_id from marts.ops_status") == published

    outcome, said = _in_process(place)
    assert (outcome.done, outcome.left, outcome.build, outcome.exit_code) == (2, 0, "published", 0)
    assert place.query("select count(*) from marts.fct_incidents") == [(3,)]


def test_two_at_once_take_turns(place: Place) -> None:
    write_csv(place.inbox / "incidents.csv", [incident(1)])
    with turn(place.settings) as got:
        assert not isinstance(got, str)
        outcome, _ = _in_process(place)
        assert outcome.exit_code == 4
        assert outcome.sentence.startswith(f"nothing done: closedloop refresh (pid {os.getpid()}, since ")
    assert (place.inbox / "incidents.csv").exists()


def test_strict_refuses_a_file_with_a_bad_row(place: Place) -> None:
    write_csv(place.inbox / "incidents.csv", [incident(1), incident(2, received_at="noon")])
    outcome, _ = _in_process(place, strict=True)
    assert (outcome.failed, outcome.exit_code, outcome.build) == (1, 2, "not due")
    assert place.query("select count(*) from raw.incidents") == [(0,)]


@pytest.mark.parametrize("trouble", ["done is no folder", "no inbox", "a loose manifest"])
def test_nothing_is_loaded_that_could_not_be_filed_away(place: Place, trouble: str) -> None:
    write_csv(place.inbox / "incidents.csv", [incident(1)])
    match trouble:
        case "done is no folder":
            (place.inbox / "done").write_text("")
            word = "cannot be made (File exists)"
        case "no inbox":
            place.inbox.rename(place.inbox.with_name("elsewhere"))
            word = "mount or make it"
        case _:
            (place.inbox / "manifest.yml").write_text("files: []")
            word = "put it and the files it names into a folder of their own"
    outcome, _ = _in_process(place)
    assert word in outcome.problem
    assert (outcome.exit_code, outcome.build) == (2, "not due")
    assert place.query("select count(*) from raw.incidents") == [(0,)]


def test_a_killed_build_is_not_called_running(place: Place) -> None:
    with place.warehouse.connect("owner", autocommit=True) as connection:
        connection.execute("insert into ops.builds (started_at, status) values (now(), 'running')")
        assert last_build(connection).status == "interrupted"
        with place.warehouse.connect("owner", autocommit=True, application=BUILDER) as builder:
            builder.execute("select pg_advisory_lock(%s)", [LOAD_AND_BUILD])
            assert last_build(connection).status == "running"
