"""What the page server answers besides pages: health, signing in and out, downloads."""

from __future__ import annotations

import logging
from urllib.parse import quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from streamlit.auth_util import encode_provider_token

from closedloop import access
from closedloop.access import Person
from closedloop.errors import ClosedloopError
from closedloop.settings import get_settings
from closedloop.ui.admission import proven
from closedloop.ui.demo import open_identities, published_to_anybody
from closedloop.ui.exports.route import download_route
from closedloop.ui.identity import COOKIE, demo_person
from closedloop.ui.provider import WANTED, set_session_cookie
from closedloop.ui.registry import local_address
from closedloop.ui.traced import trace

_log = logging.getLogger("closedloop.access")


def _same_site(request: Request) -> bool:
    """A form of our own pages, not of another site that our visitor happens to have open."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or origin.split("://", 1)[-1] == request.headers.get("host")


async def _form(request: Request) -> FormData:
    return await request.form(max_files=0, max_fields=8)


def _back(wanted: str | None) -> RedirectResponse:
    # Relative: the product may be served below a path.
    return RedirectResponse(f"../{local_address(wanted)}", status_code=303)


async def demo_sign_in(request: Request) -> Response:
    """POST ``who`` and ``next``: sign in as one of the identities that need no password here."""
    if not _same_site(request):
        return PlainTextResponse("Sign in from the sign-in page itself.", status_code=403)
    form = await _form(request)
    who = str(form.get("who", ""))
    settings = get_settings()

    def begin() -> Person | None:
        if who not in open_identities(settings, published_to_anybody()):
            return None
        person = demo_person(who)
        access.begin_session(person, settings)
        return person

    try:
        person = await run_in_threadpool(begin)
    except ClosedloopError as error:
        _log.warning("nobody can sign in: %s", error)
        return PlainTextResponse("The warehouse does not answer. Try again in a moment.", status_code=503)
    if person is None:
        return PlainTextResponse("There is no such demo identity here.", status_code=404)
    trace("sign_in", person)
    response = _back(str(form.get("next", "")))
    set_session_cookie(response, person, settings, secure=request.url.scheme == "https")
    return response


async def provider_sign_in(request: Request) -> Response:
    """GET ``next``: remember the wanted address, and go to the provider by Streamlit's own route."""
    if get_settings().oidc_issuer is None:
        return PlainTextResponse("No provider is configured.", status_code=404)
    token = encode_provider_token("default")
    response = RedirectResponse(f"auth/login?{urlencode({'provider': token})}", status_code=303)
    wanted = local_address(request.query_params.get("next"))
    response.set_cookie(WANTED, quote(wanted), max_age=600, path="/", httponly=True, samesite="lax")
    return response


async def sign_out(request: Request) -> Response:
    """POST: end the session everywhere it is open, for good."""
    if not _same_site(request):
        return PlainTextResponse("Sign out from a page of your own.", status_code=403)
    settings = get_settings()
    person = proven(request.cookies, request.headers, settings)
    if person is not None:
        try:
            await run_in_threadpool(access.end_session, person.session, settings=settings)
            trace("sign_out", person)
        except ClosedloopError as error:
            # Without its cookie this browser is out; elsewhere the session lasts until it is stale.
            _log.warning("a session could not be ended: %s", error)
    response = RedirectResponse(settings.gateway_sign_out or "./", status_code=303)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
    return response


async def health(_request: Request) -> Response:
    """200 while pages are served; ``warehouse`` says whether a published build answers."""
    try:
        await run_in_threadpool(published_to_anybody)
        answers = True
    except ClosedloopError:
        answers = False
    return JSONResponse({"status": "ok", "warehouse": answers}, headers={"cache-control": "no-store"})


ROUTES = [
    Route("/healthz", health),
    Route("/demo/sign-in", demo_sign_in, methods=["POST"]),
    Route("/sign-in", provider_sign_in, methods=["GET"]),
    Route("/sign-out", sign_out, methods=["POST"]),
    download_route,
]
