"""The gate in front of everything: what a gateway says of its visitors is believed of that gateway only.

On an intranet without a provider, a gateway signs people in and sets a header: a JWT signed with the key we
share (HS256), for our audience, short-lived, naming somebody (``sub``). Where that is configured, every
request must come from the gateway's addresses and carry exactly one such header; where it is not, a request
that carries one is refused, not served as somebody unknown. What was verified here travels on in a header of
our own, which no client may send.
"""

from __future__ import annotations

import hashlib
import logging
import time
from ipaddress import ip_address, ip_network
from typing import Any

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from closedloop.access import GATEWAY, Person
from closedloop.access.entrance import new_session
from closedloop.settings import Settings, get_settings
from closedloop.ui.identity import session_key
from closedloop.ui.traced import trace_refusal

#: Set by the gate for the parts behind it.
VOUCHED = "x-closedloop-vouched"
#: A token that is valid for longer than this was not made for one request.
LONGEST_SECONDS = 300
#: Clocks of two machines.
LEEWAY_SECONDS = 30
#: Answers nobody's question: a monitor may ask without being anybody.
OPEN_PATHS = ("/healthz", "/_stcore/health")
#: The server's own counters: who is connected is nobody's business. /healthz is there for monitors.
CLOSED_PATH = "/_stcore/metrics"

log = logging.getLogger("closedloop.access")


class NotVouched(Exception):
    """A request that is not served; the message is for the log."""


def _signer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        session_key(settings).encode(),
        salt="closedloop gateway v1",
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )


def vouched_for(value: str | None, settings: Settings) -> Person | None:
    """Whom the gate let through on this connection; None when it did not."""
    if not value:
        return None
    try:
        said = _signer(settings).loads(value, max_age=round(settings.session_hours * 3600))
    except BadSignature:
        return None
    return Person(GATEWAY, said["sub"], said["id"], said.get("name"))


def claims_of(token: str, settings: Settings, now: float) -> dict[str, Any]:
    """The claims of a gateway's token, at ``now`` (seconds since 1970).

    Raises NotVouched for every token that is not wholly right.
    """
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import OctKey

    assert settings.gateway_key is not None
    try:
        key = OctKey.import_key(settings.gateway_key.get_secret_value())
        claims = jwt.decode(token, key, algorithms=["HS256"]).claims
    except (JoseError, ValueError, TypeError) as error:
        raise NotVouched(f"the token is not the gateway's: {error}") from None
    audience = claims.get("aud")
    if settings.gateway_audience not in (audience if isinstance(audience, list) else [audience]):
        raise NotVouched(f"the token is for {audience!r}")
    for name in ("exp", "iat"):
        if isinstance(claims.get(name), bool) or not isinstance(claims.get(name), int | float):
            raise NotVouched(f"the token has no {name}")
    if claims["exp"] <= now - LEEWAY_SECONDS or claims["iat"] > now + LEEWAY_SECONDS:
        raise NotVouched("the token is not valid now")
    if claims["exp"] - claims["iat"] > LONGEST_SECONDS:
        raise NotVouched(f"the token is valid for more than {LONGEST_SECONDS} s")
    if not isinstance(claims.get("sub"), str) or not claims["sub"].strip():
        raise NotVouched("the token names nobody")
    return claims


class Gate:
    """Refuses every request that is not the gateway's, or that pretends to be."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        settings = get_settings()
        if scope["path"].rstrip("/").endswith(CLOSED_PATH):
            await PlainTextResponse("Not found.", status_code=404)(scope, receive, send)
            return
        try:
            headers = self._headers_behind(scope, settings)
        except NotVouched as refusal:
            peer = (scope.get("client") or ("?",))[0]
            log.warning("refused %s from %s: %s", scope["path"], peer, refusal)
            trace_refusal(None, str(refusal), peer=peer)
            if scope["type"] == "websocket":
                await receive()
                await send({"type": "websocket.close", "code": 1008})
                return
            await PlainTextResponse("Come through the gateway.", status_code=403)(scope, receive, send)
            return
        await self.app({**scope, "headers": headers}, receive, send)

    def _headers_behind(self, scope: Scope, settings: Settings) -> list[tuple[bytes, bytes]]:
        name = settings.gateway_header.lower().encode()
        headers = list(scope["headers"])
        if any(key.lower() == VOUCHED.encode() for key, _ in headers):
            raise NotVouched(f"it carries {VOUCHED}")
        found = [value for key, value in headers if key.lower() == name]
        if settings.gateway_key is None:
            if found:
                raise NotVouched(f"it carries {settings.gateway_header}, and no gateway is configured")
            return headers
        if scope["path"] in OPEN_PATHS and not found:
            return headers
        if any(key.lower() == b"x-forwarded-for" for key, _ in headers):
            # The page server would take the address in it for that of the connection.
            raise NotVouched("it carries X-Forwarded-For; the gateway must clear that header")
        if not _is_peer((scope.get("client") or ("",))[0], settings):
            raise NotVouched("it does not come from the gateway (CLOSEDLOOP_GATEWAY_PEERS)")
        if len(found) != 1:
            raise NotVouched(f"it carries {len(found)} headers {settings.gateway_header}")
        claims = claims_of(found[0].decode("latin-1"), settings, time.time())
        said = {"sub": claims["sub"], "id": new_session()}
        if isinstance(claims.get("name"), str):
            said["name"] = claims["name"][:100]
        kept = [(key, value) for key, value in headers if key.lower() != name]
        return [*kept, (VOUCHED.encode(), str(_signer(settings).dumps(said)).encode())]


def _is_peer(client: str, settings: Settings) -> bool:
    try:
        address = ip_address(client)
    except ValueError:
        return False
    return any(address in ip_network(network) for network in settings.gateway_peers)
