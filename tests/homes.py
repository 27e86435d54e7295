"""A folder for an embedded server of a test's own, and processes that use it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from closedloop.settings import PROJECT_ROOT, Settings
from closedloop.warehouse import embedded
from tests.servers import FAST, open_folder


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
            if child.poll() is None:
                child.terminate()
            with child:
                pass
        if (self.folder / "postgres").exists():
            embedded.stop(self.settings)


@contextmanager
def new_home() -> Iterator[Home]:
    """A home that exists only as a name yet; what is made in it is stopped and removed at the end."""
    folder = open_folder()
    made = Home(folder / "home")
    try:
        yield made
    finally:
        made.close()
        shutil.rmtree(folder, ignore_errors=True)
