"""Who is looking: what a cookie proves, and what it does not."""

from types import SimpleNamespace

import pytest

from closedloop.access import Person
from closedloop.settings import Settings, SettingsError, load_settings
from closedloop.ui.demo import open_identities
from closedloop.ui.identity import DEMO_IDENTITIES, Sessions, demo_person
from closedloop.ui.routes import local_address
from tests.ui.conftest import refused_start

KEY = b"a key of the test's own"


def test_a_cookie_of_ours_proves_the_person():
    sessions = Sessions(KEY, hours=12)
    for who in DEMO_IDENTITIES:
        person = demo_person(who)
        assert sessions.read(sessions.issue(person)) == person
    named = Person("https://sign-in.example", "8f3c", "a session", "三所")
    assert sessions.read(sessions.issue(named)) == named


def test_a_cookie_that_is_not_ours_proves_nothing():
    sessions = Sessions(KEY, hours=12)
    good = sessions.issue(demo_person("leadership"))
    body, _, signature = good.rpartition(".")
    for forged in (
        None,
        "",
        "leadership",
        good[:-1],
        good + "x",
        body + "." + signature[::-1],
        Sessions(b"another key", hours=12).issue(demo_person("leadership")),
        '{"who": "leadership"}',
        "\x00",
        "ü" * 100,
    ):
        assert sessions.read(forged) is None


def test_a_cookie_ends_with_the_shift():
    assert (
        Sessions(KEY, hours=-1 / 3600).read(Sessions(KEY, hours=12).issue(demo_person("leadership"))) is None
    )


def test_a_station_head_has_the_scope_of_one_station():
    assert DEMO_IDENTITIES["station-S03"].scope.setting() == "S03"
    assert DEMO_IDENTITIES["station-S07"].scope.setting() == "S07"
    assert DEMO_IDENTITIES["leadership"].scope.sees_all
    assert DEMO_IDENTITIES["analyst"].scope.sees_all


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        ("", ""),
        ("open", "open"),
        ("item?item=directive%3AD1&lang=zh", "item?item=directive%3AD1&lang=zh"),
        ("//evil.example", ""),
        ("https://evil.example/open", ""),
        ("/open", ""),
        ("\\\\evil.example", ""),
        ("open#https://evil.example", ""),
        ("open?x=1\r\nSet-Cookie: a=b", ""),
        ("javascript:alert(1)", ""),
        ("healthz", ""),
        (None, ""),
    ],
)
def test_signing_in_leads_back_to_a_page_of_ours_and_nowhere_else(wanted, leads_to):
    assert local_address(wanted) == leads_to


def test_a_server_warehouse_without_sign_in_refuses_to_start(tmp_path):
    url = "postgresql://someone:secret@warehouse.example:5432/closedloop"
    said = refused_start(
        tmp_path, CLOSEDLOOP_OWNER_URL=url, CLOSEDLOOP_LOADER_URL=url, CLOSEDLOOP_READER_URL=url
    )
    assert "no sign-in is configured" in said
    assert "CLOSEDLOOP_OIDC_ISSUER" in said and "CLOSEDLOOP_GATEWAY_KEY" in said
    assert "closedloop access grant" in said and "unset the three URLs" in said
    assert "secret" not in said


def _open(tmp_path, *, demo: bool, **settings) -> set[str]:
    status = SimpleNamespace(demo=demo)
    return set(open_identities(Settings(home=tmp_path, **settings), status))


def test_nobody_looks_without_a_password_but_at_the_demo_or_in_a_trial(tmp_path):
    on_a_server = {
        f"{role}_url": f"postgresql://{role}@db.example/closedloop" for role in ("owner", "loader", "reader")
    }
    assert _open(tmp_path, demo=True) == set(DEMO_IDENTITIES)
    assert _open(tmp_path, demo=False) == set()
    assert _open(tmp_path, demo=False, trial=True) == {"leadership", "analyst"}
    assert _open(tmp_path, demo=True, trial=True, **on_a_server) == set()
    provider = {
        "oidc_issuer": "https://sign-in.example",
        "oidc_client_id": "us",
        "oidc_client_secret": "x",
        "oidc_redirect_uri": "https://pages.example/oauth2callback",
    }
    assert _open(tmp_path, demo=True, trial=True, **provider) == set()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"oidc_issuer": "https://sign-in.example"}, "OIDC_CLIENT_ID and .* not set: .* needs all four"),
        ({"oidc_redirect_uri": "https://pages.example/elsewhere"}, "OIDC_REDIRECT_URI"),
        ({"gateway_key": "k" * 32}, "GATEWAY_PEERS not set"),
        ({"gateway_key": "short", "gateway_peers": ["10.0.0.1"]}, "shorter than 32 bytes"),
        ({"gateway_peers": ["10.0.0.1"]}, "GATEWAY_KEY not set"),
        ({"gateway_key": "k" * 32, "gateway_peers": ["everybody"]}, "no address and no network"),
    ],
)
def test_half_a_sign_in_is_refused(tmp_path, settings, said):
    with pytest.raises(SettingsError, match=said):
        load_settings(home=tmp_path, **settings)
