"""Two public data sets that nobody here wrote, each loaded and built by the command line in a warehouse."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from closedloop.warehouse import Scope, scoped_connection
from tests.servers import Server, Warehouse

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
MAPPINGS = ROOT / "docs" / "mappings"


@dataclass(frozen=True)
class Loaded:
    """A warehouse with one data set in its marts, read as a reader reads them."""

    warehouse: Warehouse

    def ask(self, statement: str, **parameters: object) -> list[tuple[Any, ...]]:
        """Rows of a question to the marts, with the scope of the whole city."""
        with scoped_connection(Scope.city(), self.warehouse.settings) as connection:
            return [tuple(row) for row in connection.execute(text(statement), parameters)]


def require(file: str) -> None:
    """Skip the module that calls this, once and visibly, where the public data sets are absent."""
    if not (DATA / file).exists():
        pytest.skip(f"no {file} in {DATA}: it is not part of the project", allow_module_level=True)


def _command(made: Warehouse, time_zone: str, *arguments: object) -> None:
    environment = {**made.environment, "CLOSEDLOOP_TIME_ZONE": time_zone, "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-m", "closedloop", *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def load_and_build(server: Server) -> Iterator[Callable[..., Loaded]]:
    """``load_and_build(table, file, mapping, time_zone)``; see ``require`` for where the file is absent."""
    made: list[Warehouse] = []

    def run(table: str, file: str, mapping: str, time_zone: str) -> Loaded:
        # Never migrated: the first load brings it into shape, with the time zone of its data.
        made.append(server.blank())
        _command(made[-1], time_zone, "load", table, DATA / file, "--mapping", MAPPINGS / mapping)
        _command(made[-1], time_zone, "build")
        return Loaded(made[-1])

    yield run
    for warehouse in made:
        server.drop(warehouse)
