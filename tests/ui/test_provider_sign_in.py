"""Signing in with a real provider process in a real browser; and every way in which that must not work."""

from __future__ import annotations

import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode, urljoin

import pytest
from playwright.sync_api import Page, expect

from closedloop import access
from closedloop.access import Grant
from closedloop.settings import PROJECT_ROOT
from closedloop.ui.identity import COOKIE
from tests.ui.conftest import Site, Visitor, free_port, serving
from tests.ui.provider import CLIENT_ID, CLIENT_SECRET, KINDS
from tests.ui.streaming import sent

ASK = "duty desk, 8100"


@contextmanager
def _provider(port: int) -> Iterator[Callable[[], None]]:
    process = subprocess.Popen([sys.executable, "-m", "tests.ui.provider", str(port)], cwd=PROJECT_ROOT)
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://localhost:{port}/jwks", timeout=1).close()
                break
            except (urllib.error.URLError, ConnectionError):
                try:
                    process.wait(timeout=0.1)
                except subprocess.TimeoutExpired:
                    continue
                raise AssertionError("the provider did not come up") from None
        yield process.kill
    finally:
        process.kill()
        process.wait(timeout=30)


@dataclass(frozen=True)
class Desk:
    """A page server that signs people in with a provider, and what is needed to be somebody there."""

    site: Site
    issuer: str
    environment: dict[str, str]
    folder: Path
    stop_provider: Callable[[], None]

    def grant(self, subject: str, grant: Grant) -> None:
        access.grant(self.issuer, subject, grant, by="tests", settings=self.site.warehouse.settings)

    def revoke(self, subject: str) -> None:
        access.revoke(self.issuer, subject, by="tests", settings=self.site.warehouse.settings)


@pytest.fixture(scope="module")
def desk(city, make_warehouse, tmp_path_factory) -> Iterator[Desk]:
    warehouse, folder = make_warehouse(of=city), tmp_path_factory.mktemp("provider")
    provider, pages = free_port(), free_port()
    issuer = f"http://localhost:{provider}"
    environment = {
        "CLOSEDLOOP_OIDC_ISSUER": issuer,
        "CLOSEDLOOP_OIDC_CLIENT_ID": CLIENT_ID,
        "CLOSEDLOOP_OIDC_CLIENT_SECRET": CLIENT_SECRET,
        "CLOSEDLOOP_OIDC_REDIRECT_URI": f"http://localhost:{pages}/oauth2callback",
        "CLOSEDLOOP_ASK": ASK,
    }
    with _provider(provider) as stop, serving(warehouse, folder, environment, pages) as site:
        yield Desk(site, issuer, environment, folder, stop)


@pytest.fixture
def come(desk: Desk, visit: Callable[..., Visitor]) -> Callable[..., Page]:
    """``come(subject, address, kind)``: a new browser goes through the provider's form."""

    def through(subject: str, address: str = "", kind: str = "good") -> Page:
        page = visit(locale="en-US", to=desk.site).page
        page.goto(desk.site.at(address))
        page.locator("a.provider").click()
        page.locator("input[name=sub]").fill(subject)
        page.locator("select").select_option(kind)
        page.get_by_role("button", name="go").click()
        return page

    through.browser = lambda site: visit(locale="en-US", to=site)
    return through


def _session(page: Page) -> dict:
    return next(cookie for cookie in page.context.cookies() if cookie["name"] == COOKIE)


@pytest.mark.browser
def test_somebody_with_a_grant_comes_in_where_they_wanted_to_go(desk, come, station_names):
    desk.grant("head of three", Grant("station_head", stations=("S03",), name="三所"))
    page = come("head of three", "open?lang=en&station=S01")
    expect(page.locator(".st-key-menu")).to_be_visible()
    assert re.search(r"/open\?lang=en&station=S01$", page.url)
    expect(page.get_by_test_id("stSidebar")).to_contain_text(f"Head of {station_names['S03'][1]}")
    assert station_names["S01"][1] not in page.inner_text("body")
    # A session of ours, not the thirty days of the framework.
    names = {cookie["name"] for cookie in page.context.cookies()}
    assert COOKIE in names and not {n for n in names if n.startswith("_streamlit_user")}
    cookie = _session(page)
    assert cookie["httpOnly"] and cookie["sameSite"] == "Lax"


def test_no_demo_identity_exists_beside_a_provider(desk):
    assert b"demo/sign-in" not in sent(desk.site.url, "", "")
    request = urllib.request.Request(desk.site.at("demo/sign-in"), data=b"who=leadership", method="POST")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=60)
    assert refused.value.code == 404


class _Browser:
    """What a browser does of signing in, without one: follows, and keeps cookies."""

    def __init__(self) -> None:
        self.jar = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar), _Stay)

    def sign_in(self, desk: Desk, subject: str, kind: str = "good") -> str:
        """Where the callback leads in the end."""
        started = self.opener.open(desk.site.at("sign-in?next="), timeout=60)
        provider = self.opener.open(urljoin(desk.site.at(""), started.headers["location"]), timeout=60)
        form = f"{provider.headers['location']}&{urlencode({'sub': subject, 'kind': kind})}"
        callback = self.opener.open(form, timeout=60).headers["location"]
        return self.opener.open(callback, timeout=60).headers["location"]

    @property
    def cookie(self) -> str | None:
        """Our session, as a header."""
        found = [cookie.value for cookie in self.jar if cookie.name == COOKIE]
        return f"{COOKIE}={found[0]}" if found else None


class _Stay(urllib.request.HTTPRedirectHandler):
    def http_error_302(self, request, answer, *_rest):
        return answer

    http_error_303 = http_error_302


def _download(desk: Desk, cookie: str | None) -> int:
    request = urllib.request.Request(desk.site.at("download/open.csv"), headers={"Cookie": cookie or ""})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_that_is_not_wholly_right_signs_nobody_in(kind, desk):
    browser = _Browser()
    wanted = "./" if kind == "good" else "./?sign_in=refused"
    assert browser.sign_in(desk, "leader", kind) == wanted
    assert (browser.cookie is not None) == (kind == "good")
    if kind != "good":
        assert b"The sign-in was refused" in sent(desk.site.url, "", "sign_in=refused&lang=en")


@pytest.mark.parametrize("query", ["", "?code=x&state=y", "?error=access_denied&state=y"])
def test_a_callback_nobody_asked_for_signs_nobody_in(query, desk):
    browser = _Browser()
    answer = browser.opener.open(desk.site.at(f"oauth2callback{query}"), timeout=60)
    assert answer.headers["location"] == "./?sign_in=refused" and browser.cookie is None


@pytest.mark.browser
def test_no_grant_then_a_grant_then_none_again(desk, come):
    page = come("newcomer", "?lang=en")
    expect(page.get_by_text("have no access yet")).to_be_visible()
    expect(page.get_by_text(ASK)).to_be_visible()
    expect(page.get_by_text(desk.issuer)).to_be_visible()
    expect(page.locator(".st-key-menu")).to_have_count(0)
    desk.grant("newcomer", Grant("leadership"))
    page.reload()
    expect(page.locator(".st-key-menu")).to_be_visible()
    cookie = f"{COOKIE}={_session(page)['value']}"
    assert _download(desk, cookie) == 200
    desk.revoke("newcomer")
    page.get_by_role("link", name="Open and overdue").first.click()
    expect(page.get_by_text("Your access was taken back.")).to_be_visible()
    expect(page.locator(".st-key-menu")).to_have_count(0)
    assert _download(desk, cookie) == 401


def _traced(desk: Desk, subject: str, last: str) -> list[str]:
    """What was written of somebody, once ``last`` is there: traces are written beside the work."""
    for _ in range(100):
        with desk.site.warehouse.connect("owner") as connection:
            events = [
                row[0]
                for row in connection.execute(
                    "select event from audit.events where subject = %s order by at, event_id", [subject]
                ).fetchall()
            ]
        if last in events:
            break
        time.sleep(0.1)
    return events


def test_who_is_turned_away_is_traced_once_and_not_at_every_run(desk):
    browser = _Browser()
    browser.sign_in(desk, "turned away")
    for address in ("", "open", "data"):
        assert b"have no access yet" in sent(desk.site.url, address, "lang=en", browser.cookie)
    browser.opener.open(desk.site.at("sign-out"), data=b"", timeout=60)
    assert _traced(desk, "turned away", "sign_out") == ["sign_in", "refused", "sign_out"]


def test_an_idle_session_is_over_and_says_so(desk):
    desk.grant("sleeper", Grant("leadership"))
    browser = _Browser()
    browser.sign_in(desk, "sleeper")
    assert b"sign-out" in sent(desk.site.url, "", "lang=en", browser.cookie)
    with desk.site.warehouse.connect("owner") as connection:
        connection.execute(
            "update access.sessions set seen_at = now() - interval '31 minutes' where subject = 'sleeper'"
        )
    received = sent(desk.site.url, "", "lang=en", browser.cookie)
    assert b"ended after 30 minutes without use" in received and b"sign-out" not in received


@pytest.mark.parametrize(("role", "shown"), [("account_admin", b"sign-out"), ("wall", b"cl-wall-body")])
def test_a_part_without_cases_has_no_page_and_no_file_with_cases(role, shown, desk):
    desk.grant(role, Grant(role))
    browser = _Browser()
    browser.sign_in(desk, role)
    for address in ("", "open", "item", "data"):
        received = sent(desk.site.url, address, "lang=en", browser.cookie)
        assert (shown if not address else b"is for another part") in received and b"download" not in received
        assert (b"Open and overdue" in received) == (address == "open")
        assert not re.search(rb"(directive|dispute|incident|diversion)(:|%3A)", received)
    assert _download(desk, browser.cookie) == 403


def test_an_auditor_reads_traces_and_no_case(desk, station_names):
    desk.grant("checker", Grant("auditor"))
    desk.grant("seen", Grant("leadership"))
    seen, checker = _Browser(), _Browser()
    seen.sign_in(desk, "seen")
    sent(desk.site.url, "item", "item=directive:1&lang=en", seen.cookie)
    assert _download(desk, seen.cookie) == 200
    checker.sign_in(desk, "checker")
    sent(desk.site.url, "open", "severity=red&lang=en", seen.cookie)
    assert sorted(_traced(desk, "seen", "page")) == ["export", "grant", "item", "page", "sign_in"]
    with desk.site.warehouse.connect("owner") as connection:
        details = dict(
            connection.execute("select event, detail from audit.events where subject = 'seen'").fetchall()
        )
    assert details["item"]["item"] == "directive:1"
    assert (details["page"]["page"], details["page"]["severity"]) == ("open", "red")
    export = details["export"]
    assert (export["list"], export["form"], export["rows"] > 0) == ("open", "csv", True)
    assert {"filters", "station", "as_of"} <= set(export)
    for address in ("", "audit", "open", "item", "data"):
        received = sent(desk.site.url, address, "lang=en&item=directive:1", checker.cookie)
        mine = address in ("", "audit")
        assert (b"directive:1" in received) == mine and (b"is for another part" in received) == (not mine)
        assert not [name for names in station_names.values() for name in names if name.encode() in received]
    assert _download(desk, checker.cookie) == 403
    assert b"Append-only" not in sent(desk.site.url, "audit", "lang=en", seen.cookie)
    # An address of somebody else's is no page that was opened.
    assert _traced(desk, "checker", "refused").count("refused") == 3
    assert _traced(desk, "seen", "refused").count("refused") == 1


@pytest.mark.browser
def test_signed_out_survives_a_restart_and_a_provider_that_is_down_is_said_in_a_sentence(desk, come):
    # The last of this file: the provider is gone afterwards.
    desk.grant("night watch", Grant("leadership"))
    stays, leaves = _Browser(), _Browser()
    for browser in (stays, leaves):
        browser.sign_in(desk, "night watch")
    leaves.opener.open(desk.site.at("sign-out"), data=b"", timeout=60)
    desk.stop_provider()
    with serving(desk.site.warehouse, desk.folder, desk.environment) as restarted:
        assert b"sign-out" in sent(restarted.url, "", "", stays.cookie)
        assert b"sign-out" not in sent(restarted.url, "", "", leaves.cookie)
        page = come.browser(restarted).page
        page.goto(restarted.at("?lang=en"))
        page.locator("a.provider").click()
        expect(page.get_by_text("The sign-in service does not answer")).to_be_visible()
        assert "Traceback" not in page.inner_text("body")
