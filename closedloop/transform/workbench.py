"""dbt for analysts: any dbt command on the warehouse, with what it may touch decided here.

Commands that only read look at the published schemas. Commands that write work in ``*_next`` under the
builders' lock, and what they make there is never published: only a whole build is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from closedloop.settings import Settings, get_settings
from closedloop.transform import catching_up
from closedloop.transform.child import run_dbt_in_terminal
from closedloop.transform.environment import NEXT, dbt_environment, dbt_home
from closedloop.transform.freshness import shaping_variables
from closedloop.transform.project import DbtProject
from closedloop.warehouse.connections import connect
from closedloop.warehouse.locks import locked_for_session

WRITING = frozenset({"build", "clone", "retry", "run", "run-operation", "seed", "snapshot"})
#: Commands without a project's variables, or without a database.
_PLAIN = frozenset({"clean", "debug", "deps", "init"})


def dbt_command(
    arguments: Sequence[str], say: Callable[[str], None], settings: Settings | None = None
) -> int:
    """Run ``dbt ARGUMENTS`` in the terminal and return its exit code. Waits, saying so, if it writes."""
    settings = settings or get_settings()
    command = next((a for a in arguments if not a.startswith("-")), None)
    with connect("owner", settings, autocommit=True, application="closedloop dbt") as conn:
        variables = shaping_variables(conn, settings, DbtProject.of(settings))
        if command in WRITING:
            say("works in the *_next schemas; only python -m closedloop build publishes")
            with locked_for_session(conn, waiting=say):
                # What is made here is no build, and none may go on from it.
                catching_up.forget(conn)
                return _run(arguments, command, variables, settings, NEXT)
    return _run(arguments, command, variables, settings, "")


def _run(
    arguments: Sequence[str],
    command: str | None,
    variables: dict[str, object],
    settings: Settings,
    suffix: str,
) -> int:
    given = list(arguments)
    if command is not None and command not in _PLAIN and "--vars" not in given:
        given += ["--vars", json.dumps(variables)]
    environment = dbt_environment(settings, schema_suffix=suffix)
    if not suffix and command != "test":
        environment["PGOPTIONS"] += " -c default_transaction_read_only=on"
    # A project parsed for one suffix is not that of the other, and builds keep theirs for speed.
    folder = dbt_home(settings) / ("workbench" if suffix else "published")
    dbt_home(settings).mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(exist_ok=True)
    environment |= {
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "CLOSEDLOOP_DBT_APPLICATION": "closedloop-dbt",
    }
    return run_dbt_in_terminal(given, environment)
