"""What the dbt process is told through its environment: where the warehouse is, where its own files go."""

from __future__ import annotations

from pathlib import Path

from closedloop.settings import Settings
from closedloop.warehouse.addresses import urls

#: What dbt's connections call themselves, here and in profiles.yml.
APPLICATION = "closedloop-build"
#: What the connection calls itself that holds the lock for a build.
BUILDER = f"{APPLICATION} (builder)"
NEXT = "_next"
THREADS = 2
#: A build that catches up asks for little of everything: half of its time it waits for the disk, or for dbt.
CATCHING_UP_THREADS = 4
#: Compiling a query takes longer than most models run; sorts and hashes of a whole city fit into memory.
SESSION_OPTIONS = "-c jit=off -c work_mem=64MB"


def dbt_home(settings: Settings) -> Path:
    """Folder of dbt's compiled files, artefacts, parsed project and log."""
    return settings.home / "dbt"


def target_folder(settings: Settings, *, catches_up: bool = False) -> Path:
    """Folder of what dbt compiled and parsed. A build that catches up has its own: dbt parses everything anew
    when a variable is not what it was the last time."""
    return dbt_home(settings) / ("target-catching-up" if catches_up else "target")


def dbt_environment(settings: Settings, *, schema_suffix: str, catches_up: bool = False) -> dict[str, str]:
    """Variables for the child. ``schema_suffix`` is ``_next`` for what writes, empty for what only reads."""
    addresses = urls(settings)
    owner = addresses.parts("owner")
    environment = {
        "CLOSEDLOOP_DBT_HOST": owner.get("host", "localhost"),
        "CLOSEDLOOP_DBT_PORT": owner.get("port", "5432"),
        "CLOSEDLOOP_DBT_USER": owner["user"],
        "CLOSEDLOOP_DBT_DBNAME": owner["dbname"],
        "CLOSEDLOOP_DBT_THREADS": str(CATCHING_UP_THREADS if catches_up else THREADS),
        "CLOSEDLOOP_SCHEMA_SUFFIX": schema_suffix,
        "CLOSEDLOOP_DBT_READER": addresses.user("reader"),
        "CLOSEDLOOP_DBT_ANALYSTS": addresses.analysts or "",
        "DBT_ENV_SECRET_CLOSEDLOOP_PASSWORD": owner.get("password", ""),
        "DBT_PROJECT_DIR": str(settings.dbt_project_dir),
        "DBT_PROFILES_DIR": str(settings.dbt_project_dir),
        "DBT_TARGET_PATH": str(target_folder(settings, catches_up=catches_up)),
        "DBT_LOG_PATH": str(dbt_home(settings) / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_VERSION_CHECK": "false",
        # The roles say UTC themselves; a server's roles may have been made by somebody else.
        "PGTZ": "UTC",
        "PGOPTIONS": SESSION_OPTIONS,
    }
    if "sslmode" in owner:
        environment["CLOSEDLOOP_DBT_SSLMODE"] = owner["sslmode"]
    for part, variable in (
        ("sslrootcert", "PGSSLROOTCERT"),
        ("sslcert", "PGSSLCERT"),
        ("sslkey", "PGSSLKEY"),
    ):
        if part in owner:
            environment[variable] = owner[part]
    return environment
