"""Here every test that takes ``server`` or ``warehouse`` runs twice: on the embedded server, on Debian's 15.

``home``
    a folder for an embedded server of the test's own, stopped and removed at the end: ``.settings``,
    ``.environment``, ``.run(code)`` (a child process in that environment).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from closedloop.settings import PROJECT_ROOT, Settings
from closedloop.warehouse import embedded
from tests.servers import FAST, Server, open_folder


@pytest.fixture(scope="session", params=["embedded", pytest.param("debian", marks=pytest.mark.pg15)])
def server(request: pytest.FixtureRequest) -> Server:
    return request.getfixturevalue(f"{request.param}_server")


@dataclass
class Home:
    """A place for an embedded server."""

    folder: Path
    children: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def settings(self) -> Settings:
        return Settings(home=self.folder, postgres_options=FAST)

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {"CLOSEDLOOP_HOME": str(self.folder), "PYTHONUNBUFFERED": "1"}

    def run(self, code: str) -> subprocess.Popen[str]:
        """Start a Python process with this home; its output is for ``.stdout.readline()``."""
        child = subprocess.Popen(
            [sys.executable, "-c", code],
            env=self.environment,
            cwd=PROJECT_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.children.append(child)
        return child

    def close(self) -> None:
        for child in self.children:
            child.kill()
            child.communicate()
        if (self.folder / "postgres").exists():
            embedded.stop(self.settings)


@pytest.fixture
def home() -> Iterator[Home]:
    folder = open_folder()
    made = Home(folder / "home")
    yield made
    made.close()
    shutil.rmtree(folder, ignore_errors=True)
