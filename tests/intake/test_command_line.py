"""``load`` and ``quarantine`` on the command line: what they print, and with what they exit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from closedloop.warehouse import set_info
from tests.intake.files import incident, write_csv
from tests.intake.test_load import query

ROOT = Path(__file__).resolve().parents[2]


def start(made, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "closedloop", *map(str, arguments)],
        cwd=ROOT, env={**os.environ, **made.environment}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def closedloop(made, *arguments):
    process = start(made, *arguments)
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


def test_bad_rows_are_told_and_the_exit_is_zero(warehouse, tmp_path):
    path = write_csv(tmp_path / "a.csv", [incident(1), incident(2, received_at="soon")])
    code, out, err = closedloop(warehouse, "load", "incidents", path, "--covers-until", "2025-04-25T08:00")
    assert code == 0, err
    lines = out.splitlines()
    assert lines[0] == (
        "a.csv → incidents: 2 read, 1 accepted, 0 unchanged, 1 quarantined, 2 stage events (batch 1)"
    )
    assert lines[1].startswith(
        "1 file(s) loaded, 0 refused, 1 rows accepted, 1 warning(s), 1 row(s) in quarantine, "
    )
    assert err.splitlines()[-1].endswith("now run: python -m closedloop build")
    assert "row 3: received_at 'soon' is no date with a time of day; write it as 2025-04-25 08:30:00" in err
    code, out, err = closedloop(warehouse, "quarantine", "list")
    assert out.startswith("1  incidents  a.csv row 3: received_at 'soon' is no date")
    mended = tmp_path / "mended.csv"
    assert closedloop(warehouse, "quarantine", "export", "--out", mended)[0] == 0
    mended.write_text(mended.read_text("utf-8").replace(",soon,", ",2025-04-24 08:02:00,"), "utf-8")
    code, out, err = closedloop(warehouse, "quarantine", "replay", "--file", mended)
    assert out == "incidents: 1 replayed, 1 accepted, 0 unchanged, 0 still in quarantine (batch 2)\n", err
    assert err.splitlines()[-1].endswith("now run: python -m closedloop build")
    assert query(warehouse, "select count(*) from raw.incidents") == [(2,)]


def test_a_load_that_only_withdraws_counts_it_and_asks_for_a_build(warehouse, tmp_path):
    until = ("--covers-until", "2025-04-25T08:00")
    both = write_csv(tmp_path / "both.csv", [incident(1), incident(2)])
    assert closedloop(warehouse, "load", "incidents", both, *until)[0] == 0
    one = write_csv(tmp_path / "one.csv", [incident(1)])
    code, out, err = closedloop(warehouse, "load", "incidents", one, "--extract", "full", *until)
    assert code == 0, err
    assert "0 rows accepted, 1 withdrawn, " in out.splitlines()[1]
    assert err.splitlines()[-1].endswith("now run: python -m closedloop build")


def test_a_refused_file_exits_with_two_and_one_sentence(warehouse, tmp_path):
    (tmp_path / "empty.csv").write_bytes(b"")
    good = write_csv(tmp_path / "good.csv", [incident(1)])
    code, _, err = closedloop(warehouse, "load", "incidents", tmp_path / "empty.csv", good)
    assert code == 2
    assert "refused: empty.csv is empty; export it again.\n" in err
    assert query(warehouse, "select source_file from ops.batches") == [("good.csv",)]


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_several_files_are_no_full_extract_each(warehouse, tmp_path, more):
    files = [write_csv(tmp_path / f"{number}.csv", [incident(number)]) for number in (1, 2)]
    code, _, err = closedloop(warehouse, "load", "incidents", *files, "--extract", "full", *more)
    assert code == 2
    assert "2 files cannot each be the full extract of incidents" in err and "--covers-stations" in err
    assert query(warehouse, "select count(*) from ops.batches") == [(0,)]
    assert closedloop(warehouse, "load", "incidents", files[0], "--extract", "full", *more)[0] == 0


def test_a_load_speaks_local_time_and_of_what_the_columns_were_held_against(warehouse, tmp_path):
    path = write_csv(tmp_path / "a.csv", [incident(1) | {"weather": "rain"}])
    code, _, err = closedloop(warehouse, "load", "incidents", path)
    assert code == 0, err
    assert "until 2025-04-24 09:01:00 (Asia/Shanghai), its latest time; say --covers-until" in err
    assert "not in the contract, dropped: weather" in err
    assert "1 column(s) of the file are not in the contract and were dropped" in err
    assert "demo city" not in err


def test_files_of_ones_own_in_the_demo_city_are_warned_of(warehouse, tmp_path):
    with warehouse.connect("loader") as connection:
        set_info(connection, "demo", "true")
    path = write_csv(tmp_path / "a.csv", [incident(1)])
    code, _, err = closedloop(warehouse, "load", "incidents", path)
    assert code == 0, err
    assert "warning: this warehouse is the demo city, and its pages need no password" in err
    assert "set CLOSEDLOOP_HOME to another folder" in err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("people", "a.csv"), "closedloop: there is no table 'people'; the contract has bureaus, stations,"),
        (("incidents",), "closedloop: say which files to load into incidents; or give a folder that exists"),
        (("incidents", "a.csv", "--covers-stations", "S01"),
         "closedloop: say until when the extract is complete, too (covers_until)"),
        (("incidents", "a.csv", "--covers-until", "9999-12-31 23:59"),
         "closedloop: the extract covers until 9999-12-31 23:59, which is yet to come; nothing can be"),
        (("incidents", "a.csv", "--covers-until", "noon"),
         "closedloop: --covers-until 'noon' is no time; write it as 2025-04-25T08:00"),
        (("incidents", "a.csv", "--mapping", "none.yml"), "closedloop: none.yml cannot be read"),
    ],
)  # fmt: skip
def test_a_mistake_on_the_command_line_is_one_sentence(warehouse, arguments, sentence):
    code, _, err = closedloop(warehouse, "load", *arguments)
    assert code == 2
    assert err.splitlines()[-1].startswith(sentence)


def test_a_load_that_is_killed_leaves_nothing_and_can_be_run_again(warehouse, tmp_path):
    path = write_csv(tmp_path / "a.csv", [incident(n) for n in range(50)])
    with warehouse.connect("owner") as blocker, warehouse.connect("owner", autocommit=True) as watcher:
        blocker.execute("lock table raw.loop_events in access exclusive mode")
        process = start(warehouse, "load", "incidents", path)
        waiting = "select count(*) from pg_locks where not granted and relation = 'raw.loop_events'::regclass"
        while watcher.execute(waiting).fetchone()[0] == 0:
            assert process.poll() is None, process.communicate()
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        blocker.rollback()
        assert watcher.execute("select count(*) from raw.incidents").fetchone() == (0,)
        assert watcher.execute("select count(*) from ops.batches").fetchone() == (0,)
    code, out, err = closedloop(warehouse, "load", "incidents", path)
    assert code == 0, err
    assert "50 read, 50 accepted" in out
