"""A build in a process of its own, begun and then left to the test."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import psycopg

from closedloop.settings import PROJECT_ROOT
from tests.servers import Warehouse
from tests.transform.project_copy import ProjectCopy


def begun(warehouse: Warehouse, project: ProjectCopy) -> subprocess.Popen[str]:
    """``python -m closedloop build``, as far as its first finished model."""
    process = subprocess.Popen(
        [sys.executable, "-m", "closedloop", "build"],
        cwd=PROJECT_ROOT,
        env={**os.environ, **warehouse.environment, **project.environment()},
        stderr=subprocess.PIPE,
        text=True,
    )
    said = []
    for line in process.stderr:
        said.append(line)
        if " model " in line:
            return process
    raise AssertionError(f"the build ended before its first model ({process.wait()}):\n{''.join(said)}")


def builders(conn: psycopg.Connection[Any]) -> list[str]:
    """What a build still runs in the server."""
    rows = conn.execute(
        """
        select application_name from pg_stat_activity
        where datname = current_database() and application_name like 'closedloop-build%'
        """
    )
    return [row[0] for row in rows]
