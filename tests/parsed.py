"""What dbt parsed of the project for one warehouse, given to another: parsing it costs 5 s of CPU.

dbt keeps it for a server and a database's name. The name stands in every relation, so warehouses to be built
share one (``servers.TO_BUILD``); the server only in a hash, which is told anew here. Were it told wrongly,
dbt would parse the project again; it does so for other variables, and for other schemas than ``*_next``.
"""

from __future__ import annotations

import hashlib
import os
import pprint
from pathlib import Path

import msgpack

from closedloop.transform.environment import APPLICATION, NEXT, dbt_environment, target_folder
from tests.servers import Warehouse

#: Names the folder that all processes of a run have in common.
COMMON = "TESTS_COMMON_FOLDER"
_FILE = "partial_parse.msgpack"


def keep_parsed(built: Warehouse) -> None:
    """Keep what dbt parsed to build this warehouse, for all processes of the run."""
    (target_folder(built.settings) / _FILE).rename(_kept())


def give_parsed(made: Warehouse, target: Path | None = None, known: Path | None = None) -> None:
    """Have dbt know the project when it builds this warehouse, in ``target`` if that is not its own folder.

    ``known`` is the target folder of another build, if not what was kept is meant. Nothing is given before
    there is something. What dbt parsed there of another project, as some tests change it, goes.
    """
    source = known / _FILE if known else _kept()
    if not source.exists():
        return
    own = (target or target_folder(made.settings)) / _FILE
    content = source.read_bytes()
    told = msgpack.unpackb(content, strict_map_key=False)["state_check"]["profile_hash"]["checksum"]
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_bytes(content.replace(told.encode(), _profile_hash(made).encode()))


def _kept() -> Path:
    return Path(os.environ[COMMON]) / _FILE


def _profile_hash(made: Warehouse) -> str:
    """As dbt calculates it, of all that its profile says."""
    # Not at the top: half a second, also for the process that only hands tests out.
    from dbt.adapters.postgres import PostgresCredentials

    said = dbt_environment(made.settings, schema_suffix=NEXT)
    credentials = PostgresCredentials(
        host=said["CLOSEDLOOP_DBT_HOST"],
        port=int(said["CLOSEDLOOP_DBT_PORT"]),
        user=said["CLOSEDLOOP_DBT_USER"],
        password=said["DBT_ENV_SECRET_CLOSEDLOOP_PASSWORD"],
        database=said["CLOSEDLOOP_DBT_DBNAME"],
        schema="marts",
        sslmode=said.get("CLOSEDLOOP_DBT_SSLMODE", "prefer"),
        application_name=APPLICATION,
    )
    return hashlib.sha256(pprint.pformat(sorted(credentials.connection_info())).encode()).hexdigest()
