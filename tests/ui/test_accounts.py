"""An account administrator keeps the accounts in the browser, with the command line's code; no case."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from benchmarks.wire import Tab
from closedloop import access
from closedloop.access import AccessError, Grant, Granted, Person, administrators
from closedloop.access.administrators import APART, GIVEN, Administrator
from closedloop.access.entrance import new_session
from closedloop.access.parts import ROLES
from closedloop.settings import Settings
from closedloop.ui.identity import COOKIE, Sessions, session_key
from tests.ui.conftest import Site, Visitor, serving
from tests.ui.streaming import sent

#: Nobody is asked to sign anybody in here: every test brings a session that is open.
ISSUER = "http://localhost:1"
KEEPER = Administrator(ISSUER, "keeper")
HEAD = Grant("station_head", stations=("S03",), name="三所")


@dataclass(frozen=True)
class Office:
    """A page server of a city with members, and what is needed to be one of them."""

    site: Site

    @property
    def settings(self) -> Settings:
        return self.site.warehouse.settings

    def grant(self, subject: str, grant: Grant, **when: datetime) -> Granted:
        return access.grant(ISSUER, subject, grant, by="tests", settings=self.settings, **when)

    def cookie(self, subject: str) -> str:
        """A session just begun, as the browser carries it."""
        person = Person(ISSUER, subject, new_session())
        access.begin_session(person, self.settings)
        return Sessions(session_key(self.settings).encode(), 12).issue(person)

    def tab(self, subject: str = KEEPER.subject) -> Tab:
        return Tab(self.site.url, f"{COOKIE}={self.cookie(subject)}")

    def of(self, subject: str) -> list[Granted]:
        found = access.listed(everything=True, settings=self.settings)
        return [given for given in found if given.subject == subject]


@pytest.fixture(scope="module")
def office(city, make_warehouse, tmp_path_factory) -> Iterator[Office]:
    environment = {
        "CLOSEDLOOP_OIDC_ISSUER": ISSUER,
        "CLOSEDLOOP_OIDC_CLIENT_ID": "closedloop",
        "CLOSEDLOOP_OIDC_CLIENT_SECRET": "a secret of this test",
        "CLOSEDLOOP_OIDC_REDIRECT_URI": "http://localhost:1/oauth2callback",
    }
    with serving(make_warehouse(of=city), tmp_path_factory.mktemp("office"), environment) as site:
        made = Office(site)
        made.grant(KEEPER.subject, Grant("account_admin"))
        yield made


def _past(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


def _acts(asking: Administrator, settings: Settings) -> list[Callable[[], object]]:
    return [
        lambda: administrators.listed(asking, settings),
        lambda: administrators.places(asking, settings),
        lambda: administrators.give(asking, ISSUER, "somebody", HEAD, settings=settings),
        lambda: administrators.take(asking, ISSUER, "somebody", settings),
    ]


def test_only_who_is_an_account_administrator_now_keeps_the_accounts(office):
    office.grant("leader", Grant("leadership"))
    office.grant("watcher", Grant("auditor"))
    office.grant("to be", Grant("account_admin"), valid_from=datetime.now(UTC) + timedelta(days=1))
    office.grant("was", Grant("account_admin"))
    access.revoke(ISSUER, "was", by="tests", settings=office.settings)
    others = [Administrator(ISSUER, who) for who in ("leader", "watcher", "to be", "was", "nobody")]
    for asking in (*others, Administrator(ISSUER.upper(), KEEPER.subject)):
        for act in _acts(asking, office.settings):
            with pytest.raises(AccessError, match="only account administrators"):
                act()
    assert office.of("somebody") == []


def test_nobody_gives_to_themselves(office):
    later = datetime.now(UTC) + timedelta(days=30)
    for wanted in (Grant("leadership"), HEAD, Grant("account_admin")):
        with pytest.raises(AccessError, match="nobody gives to themselves"):
            administrators.give(
                KEEPER, ISSUER, KEEPER.subject, wanted, valid_from=later, settings=office.settings
            )
    with pytest.raises(AccessError, match="nobody gives to themselves"):
        administrators.take(KEEPER, ISSUER, KEEPER.subject, office.settings)
    assert [given.state for given in office.of(KEEPER.subject)] == ["in_force"]


@pytest.mark.parametrize("role", APART)
def test_who_keeps_the_accounts_chooses_neither_who_watches_nor_who_keeps_them_too(role, office):
    with pytest.raises(AccessError, match="on the command line"):
        administrators.give(KEEPER, ISSUER, f"new {role}", Grant(role), settings=office.settings)
    office.grant(f"old {role}", Grant(role))
    with pytest.raises(AccessError, match="on the command line"):
        administrators.take(KEEPER, ISSUER, f"old {role}", office.settings)
    assert office.of(f"new {role}") == []
    assert [given.state for given in office.of(f"old {role}")] == ["in_force"]
    assert set(GIVEN) | set(APART) == set(ROLES)


def test_what_is_given_and_taken_is_what_the_command_line_gives_and_takes(office):
    given = administrators.give(KEEPER, ISSUER, "head", HEAD, settings=office.settings)
    assert given == office.of("head")[0]
    assert (given.place, given.state, given.granted_by) == ("S03", "in_force", f"keeper ({ISSUER})")
    with pytest.raises(AccessError, match="already has a grant"):
        administrators.give(KEEPER, ISSUER, "head", Grant("leadership"), settings=office.settings)
    for wrong, said in ((Grant("station_head", stations=("S99",)), "no station S99"),
                        (Grant("duty_officer"), "with --bureau")):  # fmt: skip
        with pytest.raises(AccessError, match=said):
            administrators.give(KEEPER, ISSUER, "wrong", wrong, settings=office.settings)
    (taken,) = administrators.take(KEEPER, ISSUER, "head", office.settings)
    assert (taken.state, taken.revoked_by) == ("revoked", f"keeper ({ISSUER})")
    assert administrators.listed(KEEPER, office.settings) == access.listed(
        everything=True, settings=office.settings
    )


@pytest.fixture(scope="module")
def members(office: Office) -> None:
    """One grant in each state."""
    office.grant("stays", Grant("leadership"))
    office.grant("comes", Grant("analyst"), valid_from=datetime.now(UTC) + timedelta(days=3))
    office.grant("went", Grant("operator"))
    access.revoke(ISSUER, "went", by="chief", settings=office.settings)
    office.grant("ran out", Grant("operator"), valid_from=_past(9), valid_to=_past(-1))
    with office.site.warehouse.connect("owner") as connection:
        # Two days pass for this one.
        connection.execute(
            "update access.grants set valid_to = valid_to - interval '2 days' where member_id = "
            "(select member_id from access.members where subject = 'ran out')"
        )


@pytest.mark.parametrize(
    ("state", "seen"),
    [("in_force", "stays"), ("to_begin", "comes"), ("ended", "ran out"), ("revoked", "went")],
)
def test_the_page_lists_grants_by_what_became_of_them(state, seen, office, members):
    with office.tab() as tab:
        elements = list(tab.open("", f"lang=en&state={state}").elements())
    (shown,) = [e.html.body for e in elements if e.HasField("html") and "aria-label='Grants'" in e.html.body]
    assert {who for who in ("stays", "comes", "ran out", "went") if who in shown} == {seen}
    assert ("chief" in shown) == (state == "revoked")


def test_the_page_shows_no_case_whatever_address_is_asked(office, city, members):
    with city.connect() as connection:
        items = connection.execute(
            "select work_item_id, title, source_no, place from marts.fct_work_items where is_open"
        ).fetchall()
    secret = [word.encode() for row in items for word in row if word and len(word.encode()) > 7]
    assert len(secret) > 100
    cookie = f"{COOKIE}={office.cookie(KEEPER.subject)}"
    for address in ("", "accounts", "open", "item", "data", "audit", "catalogue"):
        received = sent(office.site.url, address, f"lang=zh&view=wall&item={items[0][0]}", cookie)
        received = received.replace(items[0][0].encode(), b"")
        mine = address in ("", "accounts")
        assert ("新增授权".encode() in received and "收回授权".encode() in received) == mine
        assert ("供其他岗位使用".encode() in received) == (not mine)
        assert [word.decode() for word in secret if word in received] == []
    for path in ("open.csv", "metrics.xlsx", "item.csv"):
        request = urllib.request.Request(office.site.at(f"download/{path}"), headers={"Cookie": cookie})
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=60)
        assert refused.value.code in (403, 404)
    for who in ("stays",):
        assert b"Give a grant" not in sent(
            office.site.url, "accounts", "lang=en", f"{COOKIE}={office.cookie(who)}"
        )


def test_a_place_that_was_left_out_is_not_the_whole_city(office):
    with office.tab() as tab:
        tab.open("", "lang=en")
        tab.change("account_subject_0", "left out")
        for role, way in (("Leadership", "A bureau"), ("Analyst", "Stations"), ("Station head", None)):
            tab.change("account_role_0", role)
            if way:
                tab.change("For where", way)
            assert "say for where" in tab.change("account_give_0", True).texts()
    assert office.of("left out") == []


@pytest.mark.browser
def test_a_grant_is_given_and_after_a_second_look_taken_back(office, visit: Callable[..., Visitor]):
    # All of the page in sight: a list of choices closes when it is scrolled.
    keeper, newcomer = (visit(locale="en-US", height=2400, to=office.site) for _ in range(2))
    for visitor, who in ((keeper, KEEPER.subject), (newcomer, "<b>new</b> [comer](x)")):
        visitor.context.add_cookies(
            [{"name": COOKIE, "value": office.cookie(who), "url": office.site.url, "httpOnly": True}]
        )
    theirs = newcomer.open()
    expect(theirs.get_by_text("have no access yet")).to_be_visible()

    page = keeper.open()
    expect(page.get_by_role("heading", name="Accounts")).to_be_visible()
    page.get_by_role("textbox", name="Account, as the sign-in says it").fill("<b>new</b> [comer](x)")
    page.get_by_role("textbox", name="What the lists call them").fill("Head of *three*")
    page.keyboard.press("Tab")
    page.locator(".st-key-account_role_0").get_by_role("combobox").fill("Station head")
    page.get_by_role("option", name="Station head").click()
    page.locator(".st-key-account_stations_0").get_by_role("combobox").fill("S03")
    page.get_by_role("option", name="S03").click()
    page.keyboard.press("Escape")
    keeper.settled()
    page.get_by_role("button", name="Give the grant").click()
    done = page.locator(".st-key-account_done")
    expect(done).to_contain_text("Given, in force at their next click")
    expect(done).to_contain_text("Head of *three* · <b>new</b> [comer](x)")
    newcomer.open("?lang=en")
    expect(theirs.locator(".st-key-menu")).to_be_visible()
    assert newcomer.errors == []
    keeper.settled()

    page.locator(".st-key-account_whose").get_by_role("combobox").fill("comer")
    page.get_by_role("option", name="comer").click()
    keeper.settled()
    page.get_by_role("button", name="Revoke…").click()
    expect(page.locator(".st-key-account_confirm")).to_contain_text("Station head")
    page.get_by_role("button", name="No, keep it").click()
    expect(page.locator(".st-key-account_confirm")).to_have_count(0)
    keeper.settled()
    assert [given.state for given in office.of("<b>new</b> [comer](x)")] == ["in_force"]
    page.get_by_role("button", name="Revoke…").click()
    page.get_by_role("button", name="Yes, revoke").click()
    expect(page.locator(".st-key-account_done")).to_contain_text("Revoked")
    (taken,) = office.of("<b>new</b> [comer](x)")
    assert (taken.state, taken.revoked_by) == ("revoked", f"keeper ({ISSUER})")
    newcomer.choose("Open and overdue")
    expect(theirs.get_by_text("Your access was taken back.")).to_be_visible()
    assert keeper.errors == [] and keeper.foreign == []
