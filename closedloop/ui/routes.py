"""What the page server answers besides pages: health, the demo's sign-in, sign-out, downloads."""

from __future__ import annotations

import re

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from closedloop.errors import ClosedloopError
from closedloop.settings import get_settings
from closedloop.ui.demo import open_identities, published_to_anybody
from closedloop.ui.exports.route import download_route
from closedloop.ui.identity import COOKIE, SESSION_SECONDS, sessions
from closedloop.ui.registry import ADDRESSES

_WANTED = re.compile(r"(?P<address>[a-z]*)(?:\?(?P<query>[^\s#\\]{0,2000}))?")


def local_address(wanted: str | None) -> str:
    """The page a sign-in leads back to, relative to the root; anything but an own page is the first one."""
    found = _WANTED.fullmatch(wanted or "")
    if found is None or found["address"] not in ADDRESSES:
        return ""
    return found["address"] + (f"?{found['query']}" if found["query"] else "")


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
    try:
        status = await run_in_threadpool(published_to_anybody)
    except ClosedloopError as error:
        return PlainTextResponse(str(error), status_code=503)
    if who not in open_identities(settings, status):
        return PlainTextResponse("There is no such demo identity here.", status_code=404)
    response = _back(str(form.get("next", "")))
    response.set_cookie(
        COOKIE,
        sessions(settings).issue(who),
        max_age=SESSION_SECONDS,
        path="/",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response


async def sign_out(request: Request) -> Response:
    """POST: end the session everywhere it is open."""
    if not _same_site(request):
        return PlainTextResponse("Sign out from a page of your own.", status_code=403)
    sessions(get_settings()).end(request.cookies.get(COOKIE))
    response = RedirectResponse("./", status_code=303)
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
    Route("/sign-out", sign_out, methods=["POST"]),
    download_route,
]
