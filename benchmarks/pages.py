"""How long the pages take, seen from a browser's end of the wire.

    python -m benchmarks.pages [--url http://localhost:8501 --pid 123] [--rounds 20] [--clients 1 8]

Drives a running page server over its websocket (``benchmarks.wire``), as the demo's people: signs in, goes
from page to page, changes filters. Without ``--url`` it starts a server of its own over the warehouse in use
and stops it afterwards; ``--processes 2`` starts several, and spreads the people over them. A time is from
sending the request to the end of the script's run, everything received. Printed are milliseconds, per page:

* **again**: the page with filters that somebody looked at before (the answers are cached);
* **station**: a station chosen in the sidebar, one that somebody looked at before;
* **new**: a moment never asked before, so every question about it goes to the database.

Several clients click without a pause, each in an order of their own: eight of them are far more than eight
people. The figure at the end is the resident memory of the server.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

from benchmarks.wire import Tab, sign_in
from closedloop.queries.status import published
from closedloop.settings import PROJECT_ROOT, get_settings
from closedloop.ui.demo import NOBODY
from closedloop.ui.registry import ITEM, PAGES, PageEntry

#: Who clicks: the one who sees everything first, then the rest by turns.
PEOPLE = ("leadership", "station-S03", "analyst", "leadership", "station-S07")
_ITEM = re.compile(rb"item=([a-z_]+(?:%3A|:)[\w.%-]+)")
#: How far back the moments lie that nobody asked for before.
_DAYS_BACK = 90


@dataclass
class Times:
    """Seconds by (page, what was done)."""

    seconds: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, page: PageEntry, what: str, seconds: float) -> None:
        """One more run."""
        self.seconds[page.key, what].append(seconds)

    def of(self, what: str, page: str | None = None) -> list[float]:
        """Every run of a kind, of one page or of all."""
        return [
            one
            for (key, done), found in self.seconds.items()
            if done == what and page in (None, key)
            for one in found
        ]


class Person:
    """Somebody with one tab, who has been to every page before anything is measured."""

    def __init__(self, url: str, who: str, number: int, seed: int) -> None:
        self.number = number
        self._random = random.Random(seed * 1000 + number)
        self.tab = Tab(url, sign_in(url, who), locale="zh-CN")
        self._items: list[str] = []

    def warm(self) -> None:
        """Look at every page once, with each filter that will be chosen again."""
        found = _ITEM.findall(self.tab.open("open").received)
        self._items = sorted({one.decode() for one in found})[:3]
        for page in PAGES:
            self.again(page)
            self.station(page)

    def query(self, page: PageEntry, **more: str) -> str:
        """The address's parameters of an ordinary visit."""
        if page is ITEM and self._items:
            more["item"] = self._items[0].replace("%3A", ":")
        return urlencode({"lang": "zh", **more})

    def again(self, page: PageEntry) -> float:
        """Open a page as a link does."""
        return self.tab.open(page.address, self.query(page)).seconds

    def station(self, page: PageEntry) -> float | None:
        """Choose a station, then all of them again; None where there is nothing to choose."""
        try:
            options = self.tab.widget("filter_station").options
        except KeyError:
            return None
        run = self.tab.change("filter_station", options[3])
        self.tab.change("filter_station", options[0])
        return run.seconds

    def new(self, page: PageEntry, latest: datetime) -> float:
        """Ask for a moment that nobody asked for."""
        moment = latest - timedelta(minutes=self._random.randrange(60, _DAYS_BACK * 1440))
        query = self.query(page, as_of=moment.strftime("%Y-%m-%dT%H:%M"))
        return self.tab.open(page.address, query).seconds


def measure(urls: Sequence[str], clients: int, rounds: int, seed: int) -> tuple[Times, list[float]]:
    """The runs of so many people at once, and the seconds of their first pages in new tabs."""
    latest = published(NOBODY).default_as_of.astimezone(get_settings().zone)
    people = [
        Person(url, PEOPLE[n % len(PEOPLE)], n, seed)
        for n, url in zip(range(clients), itertools.cycle(urls), strict=False)
    ]
    for person in people:
        person.warm()

    def warm_rounds(person: Person) -> Times:
        times, order = Times(), random.Random(f"{seed} {person.number}")
        for _ in range(rounds):
            for page in order.sample(PAGES, len(PAGES)):
                times.add(page, "again", person.again(page))
                if (seconds := person.station(page)) is not None:
                    times.add(page, "station", seconds)
        return times

    def new_rounds(person: Person) -> Times:
        times, order = Times(), random.Random(f"{seed} new {person.number}")
        for _ in range(max(1, rounds // 4)):
            for page in order.sample(PAGES, len(PAGES)):
                times.add(page, "new", person.new(page, latest))
        return times

    everything = Times()
    with ThreadPoolExecutor(clients) as pool:
        for rounds_of in (warm_rounds, new_rounds):
            for times in pool.map(rounds_of, people):
                for (page, what), seconds in times.seconds.items():
                    everything.seconds[page, what] += seconds
    first = [_first_page(urls[n % len(urls)]) for n in range(5)] if clients == 1 else []
    for person in people:
        person.tab.close()
    return everything, first


def _first_page(url: str) -> float:
    cookie = sign_in(url, "leadership")
    began = time.perf_counter()
    with Tab(url, cookie, locale="zh-CN") as tab:
        tab.open("", "lang=zh")
    return time.perf_counter() - began


def table(by_clients: dict[int, Times]) -> str:
    """Milliseconds as ``p50 / p95``, a line per page and one for all of them."""
    kinds = ("again", "station", "new")
    columns = [(n, kind) for n in by_clients for kind in kinds]
    heads = [f"{n} {'client' if n == 1 else 'clients'}, {kind}" for n, kind in columns]
    lines = ["| page | " + " | ".join(heads) + " |", "|---|" + "---|" * len(columns)]
    for key in (*(page.key for page in PAGES), None):
        cells = [_cell(by_clients[n].of(kind, key)) for n, kind in columns]
        lines.append(f"| {key or '**all**'} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(seconds: Sequence[float]) -> str:
    if not seconds:
        return "—"
    ordered = sorted(seconds)
    worst = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    return f"{statistics.median(ordered) * 1000:.0f} / {worst * 1000:.0f}"


def resident(pid: int) -> float:
    """MB of memory that a process holds."""
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024


@contextmanager
def served() -> Iterator[tuple[str, int]]:
    """A page server over the warehouse in use: its address and process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)],
        cwd=PROJECT_ROOT,
        env={**os.environ, "STREAMLIT_LOGGER_LEVEL": "error"},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    url = f"http://localhost:{port}"
    try:
        while process.poll() is None:
            try:
                with urllib.request.urlopen(f"{url}/healthz", timeout=1):
                    break
            except OSError:
                time.sleep(0.1)
        yield url, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", help="a server that runs already")
    parser.add_argument("--pid", type=int, help="its process, for its memory")
    parser.add_argument("--processes", type=int, default=1, help="servers to start where none is named")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the moments never seen")
    asked = parser.parse_args()
    with ExitStack() as stack:
        if asked.url:
            servers = [(asked.url, asked.pid)]
        else:
            servers = [stack.enter_context(served()) for _ in range(asked.processes)]
        by_clients: dict[int, Times] = {}
        cpu = time.process_time()
        for clients in asked.clients:
            rounds = asked.rounds if clients == 1 else max(1, asked.rounds // 4)
            by_clients[clients], first = measure([url for url, _ in servers], clients, rounds, asked.seed)
            if first:
                print(f"Today in a new tab: {_cell(first)} ms (median / worst of {len(first)})")
        print("milliseconds, p50 / p95\n")
        print(table(by_clients))
        runs = sum(len(found) for times in by_clients.values() for found in times.seconds.values())
        print(f"\n{runs:,} runs measured; the driver itself used {time.process_time() - cpu:.1f} s of CPU")
        for url, pid in servers:
            if pid:
                print(f"server {url}: {resident(pid):.0f} MB resident after the run")


if __name__ == "__main__":
    main()
