"""Sign-in with an OpenID Connect provider, around Streamlit's own sign-in routes.

Streamlit (with Authlib) speaks the protocol: state, nonce, PKCE, signature, expiry. What it leaves to others
happens here, at its callback: the token must be for us and from our provider, the thirty-day cookie it would
set becomes a session of ours that ends with the shift and can be ended, and a refusal is said instead of
leading back in silence.
"""

from __future__ import annotations

import json
import logging
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import unquote

import anyio
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.auth_util import get_cookie_with_chunks
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value

from closedloop import access
from closedloop.access import Person
from closedloop.access.entrance import new_session
from closedloop.errors import ClosedloopError
from closedloop.settings import Settings, get_settings
from closedloop.ui.identity import COOKIE, session_key, sessions
from closedloop.ui.registry import local_address
from closedloop.ui.traced import trace, trace_refusal

#: The address somebody wanted before signing in; an own one, checked when it is used.
WANTED = "closedloop_wanted"
#: Streamlit's cookies of a signed-in user.
_THEIRS = ("_streamlit_user", "_streamlit_user_tokens")
_CALLBACK = "/oauth2callback"
_LOGIN = "/auth/login"

log = logging.getLogger("closedloop.access")


class NotForUs(Exception):
    """A token that is not for us; the message is for the log."""


def secrets_for_streamlit(settings: Settings) -> dict[str, Any] | None:
    """Streamlit's ``[auth]`` section from our settings: nothing is written to a file."""
    if settings.oidc_issuer is None:
        return None
    assert settings.oidc_client_secret is not None
    default = settings.oidc_issuer.rstrip("/") + "/.well-known/openid-configuration"
    return {
        "auth": {
            "redirect_uri": settings.oidc_redirect_uri,
            "cookie_secret": session_key(settings),
            "client_id": settings.oidc_client_id,
            "client_secret": settings.oidc_client_secret.get_secret_value(),
            "server_metadata_url": settings.oidc_metadata_url or default,
            "client_kwargs": {"scope": "openid profile", "prompt": "select_account", "timeout": 10},
        }
    }


def person_of(claims: dict[str, object], settings: Settings) -> Person:
    """Whom a verified token names. Raises NotForUs unless it is from our provider and for us."""
    if claims.get("iss") != settings.oidc_issuer:
        raise NotForUs(f"the token is from {claims.get('iss')!r}")
    audience = claims.get("aud")
    if settings.oidc_client_id not in (audience if isinstance(audience, list) else [audience]):
        raise NotForUs(f"the token is for {audience!r}")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject.strip():
        raise NotForUs("the token names nobody")
    name = claims.get("name") or claims.get("preferred_username")
    return Person(
        str(settings.oidc_issuer), subject, new_session(), name[:100] if isinstance(name, str) else None
    )


class ProviderSignIn:
    """Stands around Streamlit's ``/auth/login`` and ``/oauth2callback``."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" else ""
        if not path.endswith((_CALLBACK, _LOGIN)) or get_settings().oidc_issuer is None:
            await self.app(scope, receive, send)
            return
        started: list[Message] = []

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.append(message)

        await self.app(scope, receive, keep)
        status = started[0]["status"] if started else 500
        theirs = Headers(raw=started[0]["headers"]) if started else Headers()
        if path.endswith(_LOGIN):
            answer = _towards(theirs, status)
        else:
            answer = await _came_back(Request(scope), theirs)
        await answer(scope, receive, send)


def _towards(theirs: Headers, status: int) -> Response:
    if status not in (302, 303, 307) or "location" not in theirs:
        log.warning("the provider did not answer, and nobody can sign in")
        return RedirectResponse("../?sign_in=unavailable", status_code=303)
    answer = RedirectResponse(theirs["location"], status_code=302)
    for cookie in theirs.getlist("set-cookie"):
        answer.headers.append("set-cookie", cookie)
    return answer


async def _came_back(request: Request, theirs: Headers) -> Response:
    settings = get_settings()
    set_cookies = theirs.getlist("set-cookie")
    try:
        person = person_of(_claims(set_cookies, settings), settings)
    except NotForUs as refusal:
        log.warning("sign-in refused: %s", refusal)
        trace_refusal(None, str(refusal))
        answer = RedirectResponse("./?sign_in=refused", status_code=303)
    else:
        try:
            await anyio.to_thread.run_sync(access.begin_session, person, settings)
        except ClosedloopError as error:
            log.warning("nobody can sign in: %s", error)
            answer = RedirectResponse("./?sign_in=unavailable", status_code=303)
        else:
            wanted = local_address(unquote(request.cookies.get(WANTED, "")))
            answer = RedirectResponse(f"./{wanted}", status_code=303)
            set_session_cookie(answer, person, settings)
            trace("sign_in", person)
    for cookie in set_cookies:
        if not cookie.startswith(_THEIRS):
            answer.headers.append("set-cookie", cookie)
    answer.delete_cookie(WANTED, path="/")
    for name in request.cookies:
        if name.startswith(_THEIRS):
            answer.delete_cookie(name, path="/")
    return answer


def set_session_cookie(answer: Response, person: Person, settings: Settings, secure: bool = False) -> None:
    """Give a browser its session; over TLS only where the product is reached over TLS."""
    answer.set_cookie(
        COOKIE,
        sessions(settings).issue(person),
        max_age=sessions(settings).seconds,
        path="/",
        httponly=True,
        samesite="lax",
        secure=secure or (settings.oidc_redirect_uri or "").startswith("https:"),
    )


def _claims(set_cookies: list[str], settings: Settings) -> dict[str, object]:
    """The claims in the cookie that Streamlit set. Raises NotForUs when it set none: the token was bad."""
    jar: SimpleCookie = SimpleCookie()
    for line in set_cookies:
        jar.load(line)

    def one(name: str) -> bytes | None:
        morsel = jar.get(name)
        if morsel is None or not morsel.value:
            return None
        return decode_signed_value(session_key(settings), name, morsel.value.encode("latin-1"))

    content = get_cookie_with_chunks(one, _THEIRS[0])
    if content is None:
        raise NotForUs("the provider's answer was not a valid sign-in")
    return json.loads(content)
