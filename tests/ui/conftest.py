"""A running page server over a small demo city, and a real browser to look at it with."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from closedloop.settings import PROJECT_ROOT
from tests.servers import Warehouse

#: A loaded machine is slow; a test that waits for what never comes fails all the same.
PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)


@dataclass(frozen=True)
class Site:
    """A running page server."""

    url: str
    warehouse: Warehouse
    log: Path
    pid: int = 0

    def at(self, address: str) -> str:
        """The full address of a page."""
        return f"{self.url}/{address}"


def free_port() -> int:
    """A port that nobody uses at the moment."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def serving(
    warehouse: Warehouse, folder: Path, settings: dict[str, str] | None = None, port: int | None = None
) -> Iterator[Site]:
    """The product's own page server in a process of its own, on a port of its own.

    ``settings`` are further variables of its environment.
    """
    port = port or free_port()
    log = folder / f"pages-{port}.log"
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("CLOSEDLOOP_", "STREAMLIT_"))}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)],
            cwd=PROJECT_ROOT,
            env={**environment, **warehouse.environment, **(settings or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        site = Site(f"http://localhost:{port}", warehouse, log, process.pid)
        _wait_until_healthy(site, process)
        yield site
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def refused_start(folder: Path, **environment: str) -> str:
    """What a page server says that refuses to start with these settings and no others: it ends with 2."""
    started = subprocess.run(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", "0"],
        cwd=PROJECT_ROOT,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "CLOSEDLOOP_HOME": str(folder / "home"),
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert started.returncode == 2, started.stderr
    assert "Traceback" not in started.stderr
    return started.stderr


def _wait_until_healthy(site: Site, process: subprocess.Popen) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(site.at("healthz"), timeout=1):
                return
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            try:
                process.wait(timeout=0.1)
            except subprocess.TimeoutExpired:
                continue
    raise AssertionError(f"the page server did not come up:\n{site.log.read_text()}")


@pytest.fixture(scope="session")
def site(
    city: Warehouse, make_warehouse: Callable[..., Warehouse], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A page server shared by the tests that only look.

    It serves a copy of ``city``: a warehouse that somebody is connected to cannot be copied again.
    """
    with serving(make_warehouse(of=city), tmp_path_factory.mktemp("pages")) as running:
        yield running


#: Resolves when the script of another address has begun and ended. A step that the front end does not take,
#: because it is busy with its window or its menu, is asked for again.
_TURN = """([address, patience]) => new Promise((resolve, reject) => {
    const app = document.querySelector("[data-testid=stApp]");
    let ran = app.dataset.testScriptState !== "notRunning";
    new MutationObserver((changes, observer) => {
        // A short run may have begun and ended by now: what the state was before says so.
        ran ||= changes.some((change) => change.oldValue !== "notRunning");
        if (ran && app.dataset.testScriptState === "notRunning") {
            observer.disconnect(); clearInterval(asking); resolve();
        }
    }).observe(app, { attributeFilter: ["data-test-script-state"], attributeOldValue: true });
    const step = () => ran || dispatchEvent(new PopStateEvent("popstate"));
    const asking = setInterval(step, 500);
    setTimeout(() => { clearInterval(asking); reject(new Error(`nothing ran at ${address}`)); }, patience);
    history.pushState({}, "", address);
    step();
})"""


#: The script has ended, and nothing stands for a part that is still to come.
_SETTLED = """() => document.querySelector("[data-testid=stApp][data-test-script-state=notRunning]")
    && !document.querySelector("[data-testid=stSkeleton], [data-testid=stAppSkeleton]")"""


class Visitor:
    """Somebody with a browser of their own: cookies, language, window."""

    def __init__(self, context: BrowserContext, site: Site) -> None:
        self.context = context
        self.site = site
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.errors: list[str] = []
        self.foreign: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._listen)
        self.page.on("request", self._watch)

    def _listen(self, message) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def _watch(self, request) -> None:
        if not request.url.startswith((self.site.url, self.site.url.replace("http", "ws"), "data:", "blob:")):
            self.foreign.append(request.url)

    def open(self, address: str = "") -> Page:
        """Go to an address and wait until its script has run."""
        self.page.goto(self.site.at(address))
        self.settled()
        return self.page

    def turn_to(self, address: str) -> Page:
        """Go to an address as Back and Forward do, and wait until its script has run.

        The page's script runs as in ``open``; the browser keeps its connection and what it has loaded, which
        is most of the time that ``open`` takes.
        """
        try:
            self.page.evaluate(_TURN, [f"/{address}", PATIENCE // 3])
        except Error:
            return self.open(address)
        self.settled()
        return self.page

    def settled(self) -> None:
        """Wait until nothing runs any more and every part is there; a page that broke on the way is no page.

        The script can have ended while the browser still loads what shows its charts and tables.
        """
        self.page.wait_for_function(_SETTLED)
        expect(self.page.locator(".st-key-page_failed")).to_have_count(0)

    def choose(self, name: str) -> None:
        """Follow the menu to a page by its name, through its drawer where it lies in one."""
        menu = self.page.locator(".st-key-menu")
        link = menu.get_by_role("link", name=name, exact=True)
        if link.count() == 0:
            for drawer in menu.locator("[data-testid=stPopoverButton]:visible").all():
                drawer.click()
                link = self.page.locator("[data-testid=stPopoverBody]").get_by_role("link", name=name)
                if link.count():
                    break
                self.page.keyboard.press("Escape")
        link.first.click()
        self.settled()

    def sign_in(self, who: str, address: str = "") -> Page:
        """Sign in on the sign-in page, wanting ``address``."""
        self.page.goto(self.site.at(address))
        self.page.locator(f"button[name=who][value='{who}']").click()
        expect(self.page.locator(".st-key-menu")).to_be_visible()
        self.settled()
        return self.page


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[..., Visitor]]:
    """``visit(locale=…, width=…, scheme=…, to=site)``: a new visitor; browsers are closed after the test."""
    contexts = []

    def make(
        locale: str = "zh-CN", width: int = 1440, height: int = 1000, scheme: str = "light", to: Site = site
    ) -> Visitor:
        context = browser.new_context(
            locale=locale, viewport={"width": width, "height": height}, color_scheme=scheme
        )
        contexts.append(context)
        return Visitor(context, to)

    yield make
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def _regulars(browser: Browser, site: Site) -> Iterator[Callable[[str], Visitor]]:
    """One visitor for each language, signed in as leadership at first sight."""
    known: dict[str, Visitor] = {}

    def of(locale: str) -> Visitor:
        if locale not in known:
            known[locale] = Visitor(browser.new_context(locale=locale), site)
            known[locale].sign_in("leadership")
        return known[locale]

    yield of
    for visitor in known.values():
        visitor.context.close()


@pytest.fixture
def regular(_regulars: Callable[[str], Visitor]) -> Callable[..., Visitor]:
    """``regular(address, locale=…, width=…)``: somebody of leadership whose browser stays open from test to
    test, turned to an address.

    For tests that look at a page, not at how somebody comes to it: the front end is loaded once for all of
    them, which is most of what ``visit`` takes.
    """

    def turned(address: str = "", locale: str = "zh-CN", width: int = 1440, height: int = 1000) -> Visitor:
        visitor = _regulars(locale)
        # Where the test before left in the middle of something, that ends first.
        visitor.settled()
        visitor.errors.clear()
        visitor.foreign.clear()
        visitor.page.emulate_media(media="screen", color_scheme="light")
        visitor.page.set_viewport_size({"width": width, "height": height})
        visitor.turn_to(address)
        return visitor

    return turned


@pytest.fixture(scope="session")
def item_and_place(city: Warehouse) -> tuple[str, str]:
    """An item that much happened to and a place that called often: ids for their pages."""
    with city.connect() as connection:
        return connection.execute(
            """
            select
                (select work_item_id from marts.fct_work_items where is_open order by events desc limit 1),
                (select place_id from marts.dim_places where not is_small_home order by calls desc limit 1)
            """
        ).fetchone()


@pytest.fixture(scope="session")
def station_names(city: Warehouse) -> dict[str, tuple[str, str]]:
    """Names of every station of the city, in both languages."""
    with city.connect() as connection:
        found = connection.execute(
            "select station_id, name_zh, name_en from marts.dim_stations where station_id <> 'UNASSIGNED'"
        ).fetchall()
    return {station: (zh, en) for station, zh, en in found}
