"""The unit files and the crontab line are what systemd and cron read, and call a command there is."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from closedloop.cli.registry import command_line
from closedloop.refresh.outcome import BUSY
from closedloop.settings import PROJECT_ROOT, Settings

DEPLOY = PROJECT_ROOT / "deploy"
ANALYZE = shutil.which("systemd-analyze")


def _unit(name: str) -> ConfigParser:
    unit = ConfigParser(interpolation=None, strict=True)
    unit.optionxform = str
    unit.read_string((DEPLOY / name).read_text(encoding="utf-8"))
    return unit


def _crontab() -> list[str]:
    lines = (DEPLOY / "crontab.example").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _refuse_unless_understood(words: list[str]) -> None:
    """Everything after ``python -m closedloop``, read by the command line itself, which then only helps."""
    arguments = words[words.index("closedloop") + 1 :]
    said = CliRunner().invoke(command_line(), [*arguments, "--help"])
    assert said.exit_code == 0 and "inbox" in said.output, said.output


def test_the_service_calls_a_command_there_is() -> None:
    service = _unit("closedloop-refresh.service")["Service"]
    words = shlex.split(service["ExecStart"])
    assert words[1:3] == ["-m", "closedloop"]
    _refuse_unless_understood(words)
    assert service["SuccessExitStatus"] == str(BUSY)
    # systemd waits longer than the budget, or it would end what was about to end itself.
    budget = float(words[words.index("--budget") + 1])
    assert float(service["TimeoutStartSec"]) > budget
    assert _unit("closedloop-refresh.timer")["Timer"]["OnCalendar"]


def test_the_crontab_calls_a_command_there_is() -> None:
    variables = dict(line.split("=", 1) for line in _crontab() if re.match(r"[A-Z_]+=", line))
    known = {f"CLOSEDLOOP_{name.upper()}" for name in Settings.model_fields}
    assert set(variables) <= known
    jobs = [line.split(maxsplit=5) for line in _crontab() if line[0] in "*0123456789"]
    assert all(len(job) == 6 for job in jobs)
    (refresh,) = (job[5] for job in jobs if "closedloop refresh" in job[5])
    _refuse_unless_understood(shlex.split(refresh.split(" >> ")[0]))
    assert "%" not in refresh, "a percent sign ends a command in a crontab"


if ANALYZE is not None:  # Not skipped: where there is no systemd there is nobody to ask.

    @pytest.mark.parametrize("name", ["closedloop-refresh.service", "closedloop-refresh.timer"])
    def test_systemd_finds_no_fault(name: str, tmp_path: Path) -> None:
        for path in DEPLOY.glob("closedloop-refresh.*"):
            here = path.read_text(encoding="utf-8").replace("/opt/closedloop", str(PROJECT_ROOT))
            (tmp_path / path.name).write_text(here, encoding="utf-8")
        done = subprocess.run([ANALYZE, "verify", tmp_path / name], capture_output=True, text=True)
        ours = [line for line in done.stderr.splitlines() if "closedloop" in line]
        assert done.returncode == 0 and not ours, done.stderr
