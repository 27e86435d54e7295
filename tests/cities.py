"""The small demo city that every room reads: built once per run, however many processes the run has."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from closedloop import demo, intake
from closedloop import warehouse as product
from closedloop.transform.builder import build
from tests.parsed import give_parsed, keep_parsed
from tests.servers import TO_BUILD, EmbeddedServer, Server, Warehouse

#: Size and seed; the committed city has others.
SCALE = 0.02
SEED = 7
_CITY = "test_city"


def city_of_this_run(common: Path) -> Warehouse:
    """The city on a server of this process's own. ``common`` is the folder that the run's processes share.

    The first process that asks builds it and leaves a stopped server there; one that asks meanwhile waits,
    and everyone starts a copy.
    """
    home = common / "city"
    with (common / "city.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not home.exists():
            _build(home)
    return EmbeddedServer(like=home).at(_CITY)


@contextmanager
def rebuilt(city: Warehouse) -> Iterator[Warehouse]:
    """A copy of ``city`` to be built again, one at a time: the process's own warehouse inside the block."""
    with _to_be_built(city.server.copy(city, TO_BUILD)) as made, made.in_environment():
        yield made


@contextmanager
def first_built(server: Server) -> Iterator[Warehouse]:
    """An empty warehouse that dbt is going to build, one at a time on a server."""
    with _to_be_built(server.fresh(TO_BUILD)) as made:
        yield made


@contextmanager
def _to_be_built(made: Warehouse) -> Iterator[Warehouse]:
    try:
        give_parsed(made)
        yield made
    finally:
        made.server.drop(made)


def _build(home: Path) -> None:
    """Write, load, build and publish the city on a server of its own, which is left stopped in ``home``."""
    server = EmbeddedServer()
    try:
        made = server.fresh(TO_BUILD)
        folder = Path(tempfile.mkdtemp(prefix="closedloop-city-"))
        demo.generate(scale=SCALE, seed=SEED, out=folder)
        with made.connect("owner") as connection:
            product.set_info(connection, "demo", "true")
        reports = intake.load_directory(folder, loaded_by="demo", settings=made.settings)
        assert not [report for report in reports if report.refused]
        build(made.settings)
        keep_parsed(made)
        shutil.rmtree(folder)
        server.rename(made, _CITY)
    except BaseException:
        product.dispose_engines()
        server.stop()
        raise
    product.dispose_engines()
    server.freeze(home)
