"""One embedded server per home: whoever starts it, however its starter dies, whatever was left before."""

from __future__ import annotations

import os
import signal
import subprocess

import psutil
import pytest

from closedloop import warehouse
from closedloop.warehouse import WarehouseError, data_folder, embedded, postmaster
from closedloop.warehouse.service_user import child_options, service_user
from tests.homes import Home

STARTER = """
from closedloop.warehouse import embedded
print(embedded.start(), embedded.status().pid)
"""

USER = """
import sys
from closedloop import warehouse
from closedloop.warehouse import embedded
with warehouse.in_use():
    print(embedded.status().pid)
    sys.stdin.readline()
"""


def _ask(home: Home) -> int:
    with warehouse.connect("owner", home.settings) as connection:
        row = connection.execute("select 1").fetchone()
    assert row is not None
    return row[0]


def test_a_running_server_is_reused(home: Home) -> None:
    assert embedded.start(home.settings) is True
    first = embedded.status(home.settings)
    assert embedded.start(home.settings) is False
    assert embedded.status(home.settings).pid == first.pid
    assert first.version is not None and first.version.startswith("18.")
    assert _ask(home) == 1


def test_many_starters_at_once_make_one_server(home: Home) -> None:
    starters = [home.run(STARTER) for _ in range(4)]
    told = [starter.communicate(timeout=60)[0].split() for starter in starters]
    assert sorted(started for started, _ in told) == ["False", "False", "False", "True"]
    assert len({pid for _, pid in told}) == 1
    masters = [
        process
        for process in postmaster.survivors(data_folder.data_folder(home.settings))
        if process.pid == int(told[0][1])
    ]
    assert len(masters) == 1


def test_a_pid_file_left_by_a_crash_is_not_believed(home: Home) -> None:
    embedded.start(home.settings)
    embedded.stop(home.settings)
    # The number now belongs to a living program of the same user: PostgreSQL by itself would refuse to start.
    stranger = subprocess.Popen(["sleep", "600"], **child_options(service_user(home.settings)))
    try:
        folder = data_folder.data_folder(home.settings)
        (folder / "postmaster.pid").write_text(
            f"{stranger.pid}\n{folder}\n1\n5432\n{home.folder}/socket\n\n1 1\nready\n"
        )
        assert embedded.status(home.settings).pid is None
        assert embedded.start(home.settings) is True
        assert embedded.status(home.settings).pid != stranger.pid
        assert _ask(home) == 1
        assert stranger.poll() is None, "a program that is none of ours was ended"
    finally:
        stranger.kill()
        stranger.wait()


def test_stopping_never_signals_a_stranger(home: Home) -> None:
    embedded.start(home.settings)
    embedded.stop(home.settings)
    folder = data_folder.data_folder(home.settings)
    (folder / "postmaster.pid").write_text(
        f"{os.getpid()}\n{folder}\n1\n5432\n{home.folder}/socket\n\n1 1\nready\n"
    )
    assert embedded.stop(home.settings) is False


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_server_whose_starter_was_killed_is_reused(home: Home, how: signal.Signals) -> None:
    starter = home.run(USER)
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())
    starter.send_signal(how)
    starter.wait(timeout=30)
    assert embedded.status(home.settings).pid == pid
    assert embedded.start(home.settings) is False
    assert _ask(home) == 1


def test_the_next_user_of_an_orphaned_server_stops_it_on_leaving(home: Home) -> None:
    starter = home.run(USER)
    assert starter.stdout is not None
    orphan = int(starter.stdout.readline())
    starter.kill()
    starter.wait(timeout=30)
    with warehouse.in_use(home.settings) as started:
        assert started is False
        assert embedded.status(home.settings).pid == orphan
    assert embedded.status(home.settings).pid is None


def test_a_killed_server_is_cleared_away_and_its_commits_are_there(home: Home) -> None:
    durable = home.settings.model_copy(update={"postgres_options": {}})
    embedded.start(durable)
    with warehouse.connect("owner", durable) as connection:
        connection.execute("create table kept as select 42 as answer")
    killed = embedded.status(durable).pid
    assert killed is not None
    psutil.Process(killed).kill()
    assert embedded.start(durable) is True
    with warehouse.connect("owner", durable) as connection:
        assert connection.execute("select answer from kept").fetchone() == (42,)


def test_a_killed_server_is_revived_and_a_stopped_one_is_left_alone(home: Home) -> None:
    embedded.start(home.settings)
    pid = embedded.status(home.settings).pid
    assert embedded.revive(home.settings) is False
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=30)
    assert embedded.revive(home.settings) is True
    with embedded.in_use(home.settings) as started:
        assert started is False
    # It had been started to stay, and still is.
    assert embedded.status(home.settings).pid not in (None, pid)
    embedded.stop(home.settings)
    assert embedded.revive(home.settings) is False


def test_a_server_that_lost_its_socket_is_replaced(home: Home) -> None:
    embedded.start(home.settings)
    before = embedded.status(home.settings)
    assert before.sockets is not None
    for file in before.sockets.iterdir():
        file.unlink()
    assert embedded.start(home.settings) is True
    assert embedded.status(home.settings).pid != before.pid
    assert _ask(home) == 1


def test_a_server_whose_data_was_deleted_under_it_does_not_haunt_the_next(home: Home) -> None:
    import shutil

    embedded.start(home.settings)
    old = embedded.status(home.settings).pid
    assert old is not None
    shutil.rmtree(home.folder)
    assert embedded.start(home.settings) is True
    assert _ask(home) == 1
    assert not psutil.pid_exists(old) or psutil.Process(old).status() == psutil.STATUS_ZOMBIE


def test_an_interrupted_first_start_leaves_nothing_half_made(home: Home) -> None:
    (home.folder / ".postgres.new").mkdir(parents=True)
    (home.folder / ".postgres.new" / "PG_VERSION").write_text("18\n")
    assert embedded.start(home.settings) is True
    assert not (home.folder / ".postgres.new").exists()


def test_the_last_one_out_stops_the_server(home: Home) -> None:
    other = home.run(USER)
    assert other.stdout is not None and other.stdin is not None
    pid = int(other.stdout.readline())
    with warehouse.in_use(home.settings) as started:
        assert started is False
    assert embedded.status(home.settings).pid == pid, "stopped under a process that was using it"
    other.stdin.write("leave\n")
    other.stdin.flush()
    assert other.wait(timeout=60) == 0
    assert embedded.status(home.settings).pid is None


def test_the_starter_may_leave_before_the_others(home: Home) -> None:
    with warehouse.in_use(home.settings):
        other = home.run(USER)
        assert other.stdout is not None and other.stdin is not None
        other.stdout.readline()
    assert embedded.status(home.settings).pid is not None
    other.stdin.write("leave\n")
    other.stdin.flush()
    other.wait(timeout=60)
    assert embedded.status(home.settings).pid is None


def test_a_server_started_to_stay_stays(home: Home) -> None:
    embedded.start(home.settings)
    with warehouse.in_use(home.settings):
        pass
    assert embedded.status(home.settings).pid is not None
    with warehouse.in_use(home.settings, stop_at_end=True):
        pass
    assert embedded.status(home.settings).pid is None


def test_a_failed_start_shows_the_servers_own_words(home: Home) -> None:
    broken = home.settings.model_copy(update={"postgres_options": {"shared_buffers": "a lot"}})
    with pytest.raises(WarehouseError, match=r"(?s)did not start.*server\.log.*shared_buffers"):
        embedded.start(broken)
    assert embedded.start(home.settings) is True


def test_data_of_another_major_version_is_refused_with_the_way_out(home: Home) -> None:
    embedded.start(home.settings)
    embedded.stop(home.settings)
    (data_folder.data_folder(home.settings) / "PG_VERSION").write_text("16\n")
    with pytest.raises(WarehouseError, match=r"made by PostgreSQL 16.*closedloop reset"):
        embedded.start(home.settings)
    (data_folder.data_folder(home.settings) / "PG_VERSION").write_text("18\n")


def test_reset_deletes_the_data_and_keeps_the_secrets(home: Home) -> None:
    embedded.start(home.settings)
    key = warehouse.hash_key(home.settings)
    assert embedded.remove(home.settings) is True
    assert not data_folder.data_folder(home.settings).exists()
    assert embedded.status(home.settings).exists is False
    assert warehouse.hash_key(home.settings) == key
    assert embedded.start(home.settings) is True
