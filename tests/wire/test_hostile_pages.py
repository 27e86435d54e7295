"""Query parameters, widgets, page addresses and the protocol itself, fuzzed over the websocket.

Every other station's rows are marked, and every byte of every message is looked at: two station heads and
somebody signed out are sent nothing of anybody else's, no page fails, the server neither dies nor grows.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from benchmarks.wire import Tab, sign_in
from tests.ui.conftest import Site, serving
from tests.wire.fuzzing import Visitor, ours_in_tracebacks, seed
from tests.wire.planted import Planted, plant

#: ``make security`` sends 10,000.
MESSAGES = int(os.environ.get("SECURITY_MESSAGES", "500"))
PEOPLE = {"station-S03": "S03", "station-S07": "S07", None: None}
#: What the server may grow by: the answers of a city's pages, kept once; then sessions, which end.
MOST_MEGABYTES = 250


@pytest.fixture(scope="module")
def planted(city, make_warehouse) -> Planted:
    return plant(make_warehouse(of=city))


@pytest.fixture(scope="module")
def marked(planted, tmp_path_factory) -> Iterator[Site]:
    with serving(planted.warehouse, tmp_path_factory.mktemp("marked")) as running:
        yield running


def _resident(site: Site) -> float:
    return psutil.Process(site.pid).memory_info().rss / 1e6


def test_the_marks_are_seen_by_who_may_see_them(planted, marked):
    # Or the test below could not fail.
    with Tab(marked.url, sign_in(marked.url, "leadership")) as tab:
        received = b"".join(tab.open(page, "lang=en").received for page in ("", "open", "findings"))
    assert len(planted.foreign(received, "S03", set())) > 10
    assert any(":" in each for each in planted.foreign(received, None, set()))
    with Tab(marked.url, sign_in(marked.url, "station-S03")) as tab:
        received = tab.open("open", "lang=en").received
    assert b"zqS03zq" in received
    assert planted.foreign(received, "S03", set()) == []
    assert planted.foreign(received, "S07", set()) != []


def test_nobody_is_sent_what_is_not_theirs_whatever_they_say(planted, marked):
    stations = [station for station in planted.items if station != "S03"]
    items = [item for station in sorted(stations)[:6] for item in planted.items[station][:3]]

    def misbehave(who: str | None):
        own = PEOPLE[who]
        cookie = sign_in(marked.url, who) if who else None
        visitor = Visitor(
            marked.url, cookie, f"{seed()}-{who}", items,
            lambda received, asked: planted.foreign(received, own, asked),
        )  # fmt: skip
        return visitor.misbehave(MESSAGES // len(PEOPLE) + 1)

    before = _resident(marked)
    with ThreadPoolExecutor(len(PEOPLE)) as pool:
        outcomes = list(pool.map(misbehave, PEOPLE))
    print([(who, o.sent, o.runs, o.closed, o.received) for who, o in zip(PEOPLE, outcomes, strict=True)])
    print(f"{_resident(marked) - before:.0f} MB grown")
    assert [complaint for outcome in outcomes for complaint in outcome.complaints] == []
    assert sum(outcome.sent for outcome in outcomes) >= MESSAGES
    assert min(outcome.runs for outcome in outcomes) > MESSAGES / 30
    assert set().union(*(outcome.media for outcome in outcomes)) == set(), "a file that asks for no session"
    assert _resident(marked) - before < MOST_MEGABYTES
    with Tab(marked.url, sign_in(marked.url, "leadership")) as tab:
        assert b"sign-out" in tab.open("").received
    assert ours_in_tracebacks(marked.log.read_text()) == []


def test_a_page_that_breaks_says_so_and_not_why(planted, marked):
    # The last of this file: the city lacks a mart afterwards.
    with planted.warehouse.connect("owner") as connection:
        connection.execute("alter table marts.fct_findings rename to fct_found")
    with Tab(marked.url, sign_in(marked.url, "station-S03")) as tab:
        # A moment nobody asked for before: an answer that is kept would need no mart.
        received = tab.open("findings", "lang=en&as_of=2024-07-03T10:17").received
    assert b"page_failed" in received and b"could not be put together" in received
    for word in (b"Traceback", b"fct_findings", b"psycopg", b"select ", b"queries"):
        assert word not in received, word
    assert "fct_findings" in marked.log.read_text()
