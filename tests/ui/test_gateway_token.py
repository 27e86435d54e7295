"""Which words of a gateway count."""

from __future__ import annotations

import base64
import json
import time

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from closedloop.settings import Settings
from closedloop.ui.gateway import Gate, NotVouched, claims_of, vouched_for

KEY = "k" * 40
NOW = int(time.time())
GOOD = {"sub": "somebody", "aud": "closedloop", "iat": NOW, "exp": NOW + 60}


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(home=tmp_path, gateway_key=KEY, gateway_peers=["10.1.0.0/16"], session_key="s" * 40)


def _signed(claims: dict, key: str = KEY, alg: str = "HS256") -> str:
    return jwt.encode({"alg": alg}, claims, OctKey.import_key(key), algorithms=[alg])


def _now_good() -> dict:
    """Good claims of this moment: the gate looks at the clock, long after this file was read."""
    now = int(time.time())
    return {**GOOD, "iat": now, "exp": now + 60}


def _unsigned(claims: dict) -> str:
    parts = ({"alg": "none"}, claims)
    return (
        ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts)
        + "."
    )


@pytest.mark.parametrize(
    "change", [{}, {"aud": ["others", "closedloop"]}, {"iat": NOW - 60, "exp": NOW - 20}, {"exp": NOW + 300}]
)
def test_a_good_token_counts(settings, change):
    assert claims_of(_signed({**GOOD, **change}), settings, NOW)["sub"] == "somebody"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        _unsigned(GOOD),
        _signed(GOOD, key="o" * 40),
        _signed(GOOD, alg="HS512"),
        _signed({**GOOD, "aud": "others"}),
        _signed({k: v for k, v in GOOD.items() if k != "aud"}),
        _signed({k: v for k, v in GOOD.items() if k != "exp"}),
        _signed({k: v for k, v in GOOD.items() if k != "iat"}),
        _signed({k: v for k, v in GOOD.items() if k != "sub"}),
        _signed({**GOOD, "sub": " "}),
        _signed({**GOOD, "iat": NOW - 120, "exp": NOW - 60}),
        _signed({**GOOD, "iat": NOW + 120, "exp": NOW + 180}),
        _signed({**GOOD, "exp": NOW + 3600}),
        _signed({**GOOD, "exp": True}),
        _signed(GOOD)[:-2],
    ],
)
def test_any_other_does_not(settings, token):
    with pytest.raises(NotVouched):
        claims_of(token, settings, NOW)


def _scope(client: str, *headers: tuple[bytes, bytes]) -> dict:
    return {"type": "http", "path": "/", "client": (client, 1), "headers": list(headers)}


def test_what_the_gate_let_through_is_believed_behind_it_and_nothing_else(settings):
    token = _signed({**_now_good(), "name": "三所"}).encode()
    passed = dict(Gate(None)._headers_behind(_scope("10.1.2.3", (b"x-closedloop-identity", token)), settings))
    person = vouched_for(passed[b"x-closedloop-vouched"].decode(), settings)
    assert (person.issuer, person.subject, person.name) == ("gateway", "somebody", "三所")
    assert b"x-closedloop-identity" not in passed
    for forged in (None, "", "x", token.decode(), passed[b"x-closedloop-vouched"].decode()[:-1]):
        assert vouched_for(forged, settings) is None


@pytest.mark.parametrize("client", ["10.2.0.1", "127.0.0.1", "::1", "", "10.1.2.3.evil", "unix:"])
def test_only_peers_are_heard(settings, client):
    with pytest.raises(NotVouched, match="does not come from the gateway"):
        Gate(None)._headers_behind(
            _scope(client, (b"x-closedloop-identity", _signed(_now_good()).encode())), settings
        )


def test_two_headers_are_none(settings):
    header = (b"X-Closedloop-Identity", _signed(_now_good()).encode())
    with pytest.raises(NotVouched, match="2 headers"):
        Gate(None)._headers_behind(_scope("10.1.2.3", header, header), settings)


def test_an_address_somebody_tells_is_not_believed(settings):
    # The page server would already have put it in the place of the connection's own.
    told = (b"X-Forwarded-For", b"10.1.2.3")
    with pytest.raises(NotVouched, match="X-Forwarded-For"):
        Gate(None)._headers_behind(
            _scope("10.1.2.3", told, (b"x-closedloop-identity", _signed(_now_good()).encode())), settings
        )
