"""Fixtures every room may use, and the rule about skipping.

``server`` (session)
    the embedded PostgreSQL, in a temporary home of its own. ``server.fresh()`` makes a migrated, empty
    warehouse in 0.1 s, ``server.blank()`` a database that was never migrated, ``server.copy(of)`` another
    one like ``of`` (load and build once per module, copy per test), ``server.drop(it)`` removes it. See
    ``tests/servers.py``.
``warehouse``
    a fresh warehouse of the test's own, which is also the one of ``get_settings()`` and of child processes
    that inherit the environment: ``.settings``, ``.environment``, ``.connect(role)``, ``.server``.
``make_warehouse`` (session)
    ``make_warehouse()`` and ``make_warehouse(of=other)``: like ``server.fresh`` and ``server.copy``; they go
    with their server, at the end of the session. For module-scoped fixtures; enter
    ``with made.in_environment():`` to make it the process's own.
``city`` (session)
    a warehouse with the demo city at a fiftieth of its size: written, loaded through the real intake, really
    built and published, once per run: a second process waits for the first and copies its server (see
    ``tests/cities.py``). It lies on a server of its own, ``city.server``. For reading; to write, take
    ``make_warehouse(of=city)``, to build it again ``tests.cities.rebuilt(city)``, to build something else
    ``tests.cities.first_built(server)``.
``home``
    a folder for an embedded server of the test's own (see ``tests/homes.py``): ``.settings``,
    ``.environment``, ``.run(code)``, which starts a Python process in that environment.
``browser`` (session)
    Debian's Chromium; skips where it is not installed. It keeps an event loop running in this process: what
    runs one of its own does so in a thread.
``debian_server`` (session)
    a PostgreSQL 15 as an administrator would give it; skips where Debian's is not installed. Tests that use
    it belong to the lane ``pg15``: ``pytest -m pg15``.

What a test builds in this process has its dbt forked from one that has imported it (``tests/forked_dbt.py``);
the command line, in a process of its own, starts dbt in the ordinary way.

No test sees the ``CLOSEDLOOP_`` variables of the shell it runs in, nor the project's own ``.closedloop``.

With ``REQUIRE_ALL=1`` a skip is a failure.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from closedloop import warehouse as product
from closedloop.settings import get_settings
from tests import forked_dbt
from tests.browsers import chromium
from tests.cities import city_of_this_run
from tests.homes import Home, new_home
from tests.parsed import COMMON
from tests.servers import DEBIAN_15, DebianServer, EmbeddedServer, Server, Warehouse, open_folder

HERE = Path(__file__).parent
#: Files that begin before all others, so that no process is left alone with a long one at the end. The first
#: has the city built; the next need none and leave it the time.
FIRST = [
    HERE / file
    for file in (
        "access/test_catalogue.py",
        "cli/test_run.py",
        "real_input/test_montgomery_911.py",
        "ui/test_every_page.py",
        "ui/test_signed_out.py",
        "wire/test_hostile_pages.py",
        "ui/test_looking_around.py",
        "transform/test_swapping.py",
        "transform/test_extending.py",
        "transform/test_debian_15.py",
        "asof/test_truncation.py",
        "transform/test_catching_up.py",
        "real_input/test_traffic_fines.py",
        "transform/test_failing.py",
        "refresh/test_killing.py",
        "warehouse/test_embedded_life.py",
        "ui/test_upload.py",
        "ui/test_states.py",
        "cli/test_command_line.py",
        "intake/test_command_line.py",
        "deploy/test_upgrade.py",
        "warehouse/test_embedded_privacy.py",
        "ui/test_provider_sign_in.py",
        "ui/test_wall.py",
    )
]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "as_root: is about being root, and left out for everybody else")
    # Ended from outside, the run still stops the servers it started.
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", returncode=128 + signal.SIGTERM))
    for name in [name for name in os.environ if name.startswith("CLOSEDLOOP_")]:
        del os.environ[name]
    nowhere = open_folder()
    os.environ["CLOSEDLOOP_HOME"] = str(nowhere / "home")
    get_settings.cache_clear()
    config.add_cleanup(lambda: _remove(nowhere))
    if "PYTEST_XDIST_WORKER" not in os.environ:
        # The one process that sees the others begin and end.
        os.environ[COMMON] = str(nowhere)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # Not skipped: where nobody is root there is nothing to test.
    pointless = [item for item in items if os.geteuid() != 0 and item.get_closest_marker("as_root")]
    if pointless:
        config.hook.pytest_deselected(items=pointless)
        items[:] = [item for item in items if item not in pointless]
    items.sort(key=lambda item: FIRST.index(item.path) if item.path in FIRST else len(FIRST))


def _everything_required() -> bool:
    return os.environ.get("REQUIRE_ALL", "") not in ("", "0")


def _fail_if_skipped(report) -> None:
    if _everything_required() and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"REQUIRE_ALL=1, and this was skipped: {reason.removeprefix('Skipped: ')}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.fixture(scope="session")
def embedded_server() -> Iterator[EmbeddedServer]:
    started = EmbeddedServer()
    yield started
    product.dispose_engines()
    started.stop()


@pytest.fixture(scope="session")
def server(embedded_server: EmbeddedServer) -> Server:
    return embedded_server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def debian_server() -> Iterator[DebianServer]:
    if not (DEBIAN_15 / "postgres").exists():
        pytest.skip(f"no PostgreSQL 15 in {DEBIAN_15}; apt-get install postgresql-15 runs this lane")
    started = DebianServer()
    yield started
    product.dispose_engines()
    started.stop()


@pytest.fixture
def warehouse(server: Server) -> Iterator[Warehouse]:
    made = server.fresh()
    with made.in_environment():
        yield made
    server.drop(made)


@pytest.fixture(scope="session")
def make_warehouse(server: Server) -> Callable[..., Warehouse]:
    def make(of: Warehouse | None = None) -> Warehouse:
        return server.fresh() if of is None else of.server.copy(of)

    return make


@pytest.fixture(scope="session", autouse=True)
def _dbt_is_forked() -> Iterator[None]:
    with forked_dbt.instead():
        yield


@pytest.fixture(scope="session")
def city() -> Iterator[Warehouse]:
    made = city_of_this_run(Path(os.environ[COMMON]))
    yield made
    product.dispose_engines()
    made.server.stop()


@pytest.fixture
def home() -> Iterator[Home]:
    with new_home() as made:
        yield made
