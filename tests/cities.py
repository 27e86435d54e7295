"""The small demo city that every room reads: built once per run, however many processes the run has."""

from __future__ import annotations

import fcntl
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from closedloop import demo, intake
from closedloop import warehouse as product
from closedloop.transform.builder import build
from tests.servers import EmbeddedServer, Warehouse

#: Size and seed; the committed city has others.
SCALE = 0.02
SEED = 7


def city_of_this_run(common: Path) -> Warehouse:
    """The city on a server of this process's own. ``common`` is the folder that the run's processes share.

    The first process that asks builds it and leaves a stopped server there; one that asks meanwhile waits,
    and everyone starts a copy. What dbt parsed for the one holds for no other (see ``rebuilt``).
    """
    home, name = common / "city", common / "city.json"
    with (common / "city.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not name.exists():
            database = _build(home)
            name.write_text(json.dumps({"database": database}))
    return EmbeddedServer(like=home).at(json.loads(name.read_text())["database"])


@contextmanager
def rebuilt(city: Warehouse) -> Iterator[Warehouse]:
    """A copy of ``city`` to be built again, one at a time: the process's own warehouse inside the block."""
    made = city.server.copy(city, name="test_rebuilt")
    try:
        with made.in_environment():
            yield made
    finally:
        city.server.drop(made)


def _build(home: Path) -> str:
    """Write, load, build and publish the city on a server of its own; returns the name of its database."""
    server = EmbeddedServer()
    try:
        made = server.fresh()
        folder = Path(tempfile.mkdtemp(prefix="closedloop-city-"))
        demo.generate(scale=SCALE, seed=SEED, out=folder)
        with made.connect("owner") as connection:
            product.set_info(connection, "demo", "true")
        reports = intake.load_directory(folder, loaded_by="demo", settings=made.settings)
        assert not [report for report in reports if report.refused]
        build(made.settings)
        shutil.rmtree(folder)
    except BaseException:
        product.dispose_engines()
        server.stop()
        raise
    product.dispose_engines()
    server.freeze(home)
    return made.database
