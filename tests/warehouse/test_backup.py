"""A backup comes back whole, with the key, into an empty warehouse; anything else is refused with a sentence.

The way of a whole city, marts included: tests/deploy/test_upgrade.py.
"""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from closedloop import intake
from closedloop import warehouse as product
from closedloop.settings import PROJECT_ROOT, Settings
from closedloop.warehouse import WarehouseError, backup, dump_programs
from closedloop.warehouse import restore as restoring
from closedloop.warehouse.backup import back_up, row_counts
from closedloop.warehouse.restore import restore
from tests.servers import Server, Warehouse

STATIONS = "station_id,bureau_id,name_zh\nS01,B1,一所\nS02,B1,二所\n"
INCIDENTS = "incident_id,station_id,received_at,reporter_key\nI1,S01,2025-04-01 08:00,13800000000\n"


def _fill(made: Warehouse, folder: Path) -> Warehouse:
    for table, text in {
        "bureaus": "bureau_id,name_zh\nB1,市局\n",
        "stations": STATIONS,
        "incidents": INCIDENTS,
    }.items():
        path = folder / f"{table}.csv"
        path.write_text(text)
        intake.load_file(table, path, settings=made.settings)
    with made.connect() as connection:
        connection.execute(
            "insert into access.members (issuer, subject, created_by) values ('gateway', 'somebody', 'me')"
        )
    return made


@pytest.fixture(scope="module")
def filled(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    made = _fill(server.fresh(), tmp_path_factory.mktemp("exports"))
    yield made
    server.drop(made)


@pytest.fixture(scope="module")
def saved(filled: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return back_up(tmp_path_factory.mktemp("backups"), filled.settings)[0]


@pytest.fixture
def blank(server: Server) -> Iterator[Warehouse]:
    made = server.blank()
    yield made
    server.drop(made)


def _with_key(settings: Settings, key: str) -> Settings:
    return settings.model_copy(update={"hash_key": SecretStr(key)})


def test_everything_comes_back_and_the_next_load_knows_the_same_callers(
    filled: Warehouse, saved: Path, blank: Warehouse, tmp_path: Path
) -> None:
    restore(saved, blank.settings)
    product.require_sound_roles(blank.settings)
    with filled.connect() as one, blank.connect() as other:
        assert row_counts(one) == row_counts(other)
        caller = "select reporter_key, batch_id from raw.incidents where is_current"
        assert one.execute(caller).fetchall() == other.execute(caller).fetchall()
    path = tmp_path / "incidents.csv"
    path.write_text(INCIDENTS)
    assert intake.load_file("incidents", path, settings=blank.settings).total("unchanged") == 1


def test_nobody_may_call_what_the_page_server_calls(saved: Path, blank: Warehouse) -> None:
    restore(saved, blank.settings)
    with blank.connect("loader") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("select access.end_session('any', 'any')")


def test_the_backup_is_readable_for_its_owner_alone(saved: Path) -> None:
    assert stat.S_IMODE(saved.stat().st_mode) == 0o700
    for name in (backup.DUMP, backup.KEY, backup.FACTS, backup.SUMS):
        assert stat.S_IMODE((saved / name).stat().st_mode) == 0o600, name
    done = subprocess.run(["sha256sum", "--check", "--quiet", backup.SUMS], cwd=saved, check=False)
    assert done.returncode == 0


def test_another_hash_key_is_refused_before_anything_changes(saved: Path, blank: Warehouse) -> None:
    with pytest.raises(WarehouseError, match="another key than the one the backup was loaded with"):
        restore(saved, _with_key(blank.settings, "somebody else's key"))
    assert product.current_revision(blank.settings) is None


def test_without_any_key_there_is_no_restore(filled: Warehouse, blank: Warehouse, tmp_path: Path) -> None:
    folder, _ = back_up(tmp_path, filled.settings, with_key=False)
    assert not (folder / backup.KEY).exists()
    keyless = blank.settings.model_copy(update={"hash_key": None, "home": tmp_path / "elsewhere"})
    with pytest.raises(WarehouseError, match=r"the hash key is missing.*made without it"):
        restoring._key(folder, restoring.read(folder), keyless)


def test_a_warehouse_that_holds_something_is_left_alone(filled: Warehouse, saved: Path) -> None:
    with filled.connect() as connection:
        before = row_counts(connection)
    with pytest.raises(WarehouseError, match="holds 3 loads, and a backup is restored into an empty one"):
        restore(saved, filled.settings)
    with filled.connect() as connection:
        assert row_counts(connection) == before


def test_what_was_damaged_is_named(filled: Warehouse, blank: Warehouse, tmp_path: Path) -> None:
    folder, _ = back_up(tmp_path, filled.settings)
    content = bytearray((folder / backup.DUMP).read_bytes())
    content[-1] ^= 1
    (folder / backup.DUMP).write_bytes(content)
    (folder / backup.REFERENCE / "loops.csv").unlink()
    with pytest.raises(WarehouseError, match=r"loops\.csv is missing, warehouse\.dump is damaged"):
        restore(folder, blank.settings)


def test_a_dump_that_breaks_off_leaves_nothing(filled: Warehouse, blank: Warehouse, tmp_path: Path) -> None:
    folder, _ = back_up(tmp_path, filled.settings)
    dump = folder / backup.DUMP
    dump.write_bytes(dump.read_bytes()[: dump.stat().st_size * 9 // 10])
    # The sums say nothing of it: as if the disk had failed between reading them and reading the dump.
    (folder / backup.SUMS).write_text(backup.sums(folder))
    with pytest.raises(WarehouseError, match="the restore failed, and the warehouse is empty as before"):
        restore(folder, blank.settings)
    assert product.current_revision(blank.settings) is None


def test_a_load_that_is_not_committed_is_not_in_it_and_does_not_hold_it_up(
    filled: Warehouse, tmp_path: Path
) -> None:
    with filled.connect("loader") as loading:
        loading.execute(
            "insert into ops.batches (table_name, source_file, file_sha256) values ('x', 'x', 'x')"
        )
        _, facts = back_up(tmp_path, filled.settings)
        loading.rollback()
    assert facts.rows["ops.batches"] == 3


def test_a_killed_backup_is_no_backup(filled: Warehouse, blank: Warehouse, tmp_path: Path) -> None:
    with filled.connect() as connection:
        # pg_dump waits for this lock, so the kill falls into the middle of it.
        connection.execute("lock table raw.incidents in access exclusive mode")
        process = subprocess.Popen(
            [sys.executable, "-c", _BACK_UP, str(tmp_path)],
            env=os.environ | filled.environment,
            cwd=PROJECT_ROOT,
        )
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("*.unfinished")) and time.monotonic() < deadline:
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        connection.rollback()
    (left,) = tmp_path.iterdir()
    assert left.name.endswith(".unfinished")
    with pytest.raises(WarehouseError, match="no finished backup"):
        restore(left, blank.settings)


_BACK_UP = """
import sys
from pathlib import Path
from closedloop.warehouse.backup import back_up
back_up(Path(sys.argv[1]))
"""


def test_programs_older_than_the_server_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pg_dump").write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 17.2'\n")
    (tmp_path / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(
        WarehouseError, match=r"server is PostgreSQL 99 .* is of version 17; install PostgreSQL 99"
    ):
        dump_programs.folder_for(99)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(WarehouseError, match="there is none on the PATH"):
        dump_programs.folder_for(99)
