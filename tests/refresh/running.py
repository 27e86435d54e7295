"""``closedloop refresh`` in a process of its own, over a warehouse, an inbox and the small project."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from closedloop.settings import PROJECT_ROOT, Settings
from tests.servers import Warehouse
from tests.transform.project_copy import ProjectCopy


@dataclass(frozen=True)
class Place:
    """A warehouse with an inbox."""

    warehouse: Warehouse
    inbox: Path
    project: ProjectCopy

    @property
    def environment(self) -> dict[str, str]:
        return {
            **self.warehouse.environment,
            **self.project.environment(),
            "CLOSEDLOOP_INBOX": str(self.inbox),
            "CLOSEDLOOP_INBOX_QUIET": "0",
        }

    @property
    def settings(self) -> Settings:
        return self.project.of(self.warehouse.settings).model_copy(
            update={"inbox": self.inbox, "inbox_quiet": 0.0}
        )

    def begin(self, *options: str) -> subprocess.Popen[str]:
        """Start a refresh in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "closedloop", "refresh", *options],
            env={**os.environ, **self.environment},
            cwd=PROJECT_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def refresh(self, *options: str) -> tuple[int, str]:
        """Refresh; the exit code and what was said."""
        process = self.begin(*options)
        said, _ = process.communicate(timeout=240)
        return process.returncode, said

    def files(self) -> Counter[str]:
        """How often each file lies somewhere in the inbox, by the name it arrived with."""
        found = Counter(path.name for path in self.inbox.iterdir() if path.is_file())
        for folder in (self.inbox / "done", self.inbox / "failed"):
            moved = folder.iterdir() if folder.exists() else ()
            found.update(
                path.name.split("Z", 1)[1].split("_", 1)[1]
                for path in moved
                if not path.name.endswith(".report.json")
            )
        return found

    def query(self, statement: str, *values: object) -> list[tuple]:
        """Ask as the owner, who sees everything."""
        with self.warehouse.connect("owner", autocommit=True) as connection:
            connection.execute("set closedloop.stations = '*'")
            return connection.execute(statement, values).fetchall()
