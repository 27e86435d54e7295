"""The command line: quick to ask for help, plain about what is wrong, and true about what runs."""

from __future__ import annotations

import importlib
import re
import signal
import subprocess
import sys

import pytest

from closedloop.cli.registry import COMMANDS
from closedloop.settings import PROJECT_ROOT
from closedloop.warehouse import embedded, latest_revision
from tests.homes import Home
from tests.servers import Warehouse


def _closedloop(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "closedloop", *arguments],
        env=environment,
        cwd=PROJECT_ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_asking_for_help_imports_nothing_heavy(home: Home) -> None:
    code = """
import sys
from closedloop.cli import main
try:
    main(["--help"])
except SystemExit:
    heavy = {"polars", "pandas", "dbt", "sqlalchemy", "psycopg", "streamlit", "alembic", "pydantic"}
    print("heavy:", sorted(heavy & set(sys.modules)))
"""
    told = home.run(code).communicate(timeout=60)[0]
    assert "heavy: []" in told
    for command in COMMANDS:
        assert f" {command.name} " in told


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_registered_command_is_there(command) -> None:
    module, _, name = command.target.partition(":")
    assert callable(getattr(importlib.import_module(module), name))


def test_up_status_down(home: Home) -> None:
    def ask(*arguments: str) -> str:
        done = _closedloop(home.environment, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "no warehouse yet" in ask("status")
    assert not home.folder.exists(), "asking made something"
    assert "PostgreSQL 18" in (told := ask("up")) and "started" in told
    assert "was running" in ask("up")
    assert f"revision    {latest_revision()}" in (told := ask("status")) and "build       none yet" in told
    assert "nothing to do" in ask("migrate")
    assert ask("down") == "stopped\n"
    assert ask("down") == "nothing was running\n"
    # Stopped, it is started for the answer: what is loaded is said after one-shot commands, too.
    told = ask("status")
    assert "not running" in told and "loads       0" in told and "build       none yet" in told
    assert embedded.status(home.settings).pid is None


def test_reset_asks_first(home: Home) -> None:
    assert _closedloop(home.environment, "up").returncode == 0
    refused = _closedloop(home.environment, "reset")
    assert refused.returncode != 0
    assert (home.folder / "postgres").exists()
    assert _closedloop(home.environment, "reset", "--yes").stdout == "deleted\n"
    assert not (home.folder / "postgres").exists()


def test_an_error_is_one_sentence_and_exit_code_2(home: Home) -> None:
    done = _closedloop(home.environment | {"CLOSEDLOOP_TIME_ZONE": "Mars/Olympus"}, "up")
    assert done.returncode == 2
    assert done.stderr.startswith("closedloop: CLOSEDLOOP_TIME_ZONE: 'Mars/Olympus' is no time zone")
    assert "Traceback" not in done.stderr


def test_a_command_that_is_asked_to_end_leaves_no_server_behind(home: Home) -> None:
    child = home.run(
        """
from closedloop import warehouse
from closedloop.cli import main
from closedloop.cli import registry

def wait():
    import sys
    with warehouse.in_use():
        print("up", flush=True)
        sys.stdin.readline()

registry._load = lambda command: registry.get_command(app)
import typer
app = typer.Typer(); app.command()(wait)
main(["up"])
"""
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "up\n"
    child.send_signal(signal.SIGTERM)
    assert child.wait(timeout=60) == 128 + signal.SIGTERM
    assert "not running" in _closedloop(home.environment, "status").stdout


@pytest.mark.pg15
@pytest.mark.parametrize("command", ["up", "down", "reset"])
def test_a_server_is_its_administrators_to_start_stop_and_empty(debian_server, command: str) -> None:
    environment = {"PATH": "/usr/bin:/bin", **debian_server.environment("postgres")}
    done = _closedloop(environment, command)
    assert done.returncode == 2
    assert "its administrator's" in done.stderr


@pytest.mark.pg15
def test_status_of_a_server_shows_no_password(debian_server) -> None:
    made: Warehouse = debian_server.fresh()
    try:
        done = _closedloop({"PATH": "/usr/bin:/bin", **made.environment}, "status")
        assert done.returncode == 0, done.stderr
        assert "clerk_owner" in done.stdout and f"revision    {latest_revision()}" in done.stdout
        assert debian_server._password not in done.stdout + done.stderr
    finally:
        debian_server.drop(made)


def test_status_says_whether_the_last_build_made_everything(city, make_warehouse) -> None:
    made: Warehouse = make_warehouse(of=city)

    def told() -> str:
        done = _closedloop({"PATH": "/usr/bin:/bin", **made.environment}, "status")
        assert done.returncode == 0, done.stderr
        return next(line for line in done.stdout.splitlines() if line.startswith("build "))

    assert told().endswith(", everything anew")
    with made.connect("owner") as connection:
        connection.execute(
            """
            insert into ops.builds
                (started_at, finished_at, status, last_batch_id, is_full, went_on_from, message)
            select now(), now(), 'failed', last_batch_id, false, build_id, 'a test failed'
            from ops.builds order by build_id desc limit 1
            """
        )
    assert re.fullmatch(
        r"build +(\d+) failed, [-\d]+ [:\d]+, going on from build (\d+): a test failed", told()
    )
    with made.connect("owner") as connection:
        # As a revision before 0008 has it.
        connection.execute("alter table ops.builds drop constraint builds_course")
        connection.execute("update ops.builds set is_full = null, went_on_from = null")
    assert re.fullmatch(r"build +\d+ failed, [-\d]+ [:\d]+: a test failed", told())
