"""Without sign-in nobody sees anything, whatever address they open first."""

from __future__ import annotations

import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import expect
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from closedloop.settings import PROJECT_ROOT
from closedloop.ui.identity import DEMO_IDENTITIES
from closedloop.ui.registry import PAGES
from tests.ui.conftest import Site, serving
from tests.ui.streaming import forged_cookie, sent

FRAME = PROJECT_ROOT / "closedloop" / "ui" / "frame.py"
ADDRESSES = [page.address for page in PAGES]


@pytest.fixture(scope="module")
def secrets_of_the_city(city) -> list[bytes]:
    """Words that only somebody signed in may read: stations, items, places."""
    with city.connect() as connection:
        stations = connection.execute("select name_zh, name_en from marts.dim_stations").fetchall()
        items = connection.execute(
            "select title, source_no, item_id from marts.fct_work_items where is_open"
        ).fetchall()
    # Long enough not to be met by chance among the random ids of a stream.
    return [word.encode() for row in {*stations, *items} for word in row if word and len(word.encode()) > 7]


@pytest.mark.browser
@pytest.mark.parametrize("address", ["", "open", "item"])
def test_the_first_address_opened_on_a_fresh_server_shows_the_sign_in_only(
    address, city, visit, tmp_path, secrets_of_the_city
):
    with serving(city, tmp_path) as fresh:
        visitor = visit(to=fresh)
        page = visitor.open(f"{address}?station=S01&item=directive:1&view=overdue")
        expect(page.locator("button[name=who]")).to_have_count(len(DEMO_IDENTITIES))
        expect(page.locator(".st-key-menu")).to_have_count(0)
        text = page.inner_text("body").encode()
        assert [word.decode() for word in secrets_of_the_city if word in text] == []
        assert "stSidebar" not in page.content()


def test_every_address_may_be_the_first_that_a_fresh_server_is_asked_for(city, tmp_path, secrets_of_the_city):
    with serving(city, tmp_path) as fresh, ThreadPoolExecutor(len(ADDRESSES)) as visitors:
        answers = list(visitors.map(lambda address: sent(fresh.url, address, "station=S01"), ADDRESSES))
    for received in answers:
        assert b"demo/sign-in" in received
        assert [word.decode() for word in secrets_of_the_city if word in received] == []


@pytest.mark.parametrize(
    "cookie", [None, forged_cookie(), "closedloop_session=", "closedloop_session=leadership"]
)
@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_is_on_the_wire_without_a_valid_cookie(address, cookie, site, secrets_of_the_city):
    received = sent(site.url, address, "station=S01", cookie)
    assert b"demo/sign-in" in received
    assert [word.decode() for word in secrets_of_the_city if word in received] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.key)
def test_a_page_file_cannot_be_asked_for_by_its_hash(page, site, secrets_of_the_city):
    # The old way of finding pages answered to the hash of a file's path without running the main script.
    for asked in (str(page.file), str(page.file.relative_to(PROJECT_ROOT)), page.address, page.key):
        received = sent(site.url, page.key, "", None, calc_hash(asked))
        assert b"demo/sign-in" in received
        assert [word.decode() for word in secrets_of_the_city if word in received] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.key)
def test_the_frame_itself_shows_the_sign_in_at_every_page(page, city):
    with city.in_environment():
        app = AppTest.from_file(str(FRAME), default_timeout=60)
        app.query_params["station"] = "S01"
        app.run()
        assert not app.exception
        assert any("demo/sign-in" in block.value for block in app.html)
        assert not app.metric and not app.dataframe and not app.get("vega_lite_chart")


@pytest.mark.parametrize("path", ["download/open.csv", "download/open.csv?station=S01&lang=zh"])
@pytest.mark.parametrize("cookie", [None, forged_cookie()])
def test_no_download_without_sign_in(path, cookie, site: Site):
    request = urllib.request.Request(site.at(path), headers={"Cookie": cookie} if cookie else {})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=60)
    assert refused.value.code == 401


@pytest.mark.parametrize(
    ("headers", "who", "code"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, "leadership", 403),
        ({"Origin": "https://evil.example"}, "leadership", 403),
        ({}, "nobody", 404),
        ({}, "", 404),
    ],
)
def test_another_site_cannot_sign_a_visitor_in_and_nobody_else_exists(headers, who, code, site: Site):
    request = urllib.request.Request(
        site.at("demo/sign-in"), data=f"who={who}".encode(), headers=headers, method="POST"
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=60)
    assert refused.value.code == code


def test_every_answer_carries_the_security_headers(site: Site):
    for path in ("", "healthz", "open", "_stcore/health"):
        with urllib.request.urlopen(site.at(path), timeout=60) as answer:
            assert "default-src 'self'" in answer.headers["content-security-policy"]
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize("path", ["", "healthz", "download/open.csv"])
def test_a_name_that_is_made_to_lead_here_is_not_answered(path, site: Site):
    request = urllib.request.Request(site.at(path), headers={"Host": "elsewhere.example"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=60)
    assert refused.value.code == 400
