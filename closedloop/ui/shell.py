"""The document that every page begins with, before the first script has run.

The page server's own is in English and carries its name; without scripts it speaks of an interface that is
closed here. It leaves the browser to guess where the server is: one folder too deep on every page but the
first, two requests that fail and two errors in the console. This one says it. And the page server has a page
for every address: below one folder an empty one, else the first behind a dialog. Here such an address is said
to be none; of a page that is not for its visitor the frame says so, as only it knows who that is.
"""

from __future__ import annotations

import gzip
import re
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import file_util

from closedloop.errors import ClosedloopError
from closedloop.ui.document import CODES
from closedloop.ui.language import LANGUAGE_COOKIE, LANGUAGES, language_of, texts_for
from closedloop.ui.registry import ADDRESSES

#: Every page lies beside the first one, so the server is where the page's own folder is.
_WHERE = "<script>window.__streamlit = {BACKEND_BASE_URL: new URL('./', location.href).href}</script>"
#: What is put in place of what, in the page server's document.
_PARTS = {
    "language": re.compile(r'<html lang="en">'),
    "title": re.compile(r"<title>.*?</title>", re.S),
    "service": re.compile(r'<link rel="service-desc"[^>]*>'),
    "comments": re.compile(r"(?<=\n)\s*<!--(?!\s*Copyright).*?-->\n", re.S),
    "without_scripts": re.compile(r"<noscript>.*?</noscript>", re.S),
}
#: What would be answered with a part of the page server's own document, or with "as you have it".
_CONDITIONS = (b"if-none-match", b"if-modified-since", b"if-range", b"range")
#: Answers that lead elsewhere.
_ELSEWHERE = (301, 302, 303, 307, 308)
#: The files of the front end: asked for by names that change with their content.
_FILES = "/static/"
#: Whole answers are compressed beforehand: the document is the same for everybody of one language.
_AS_BEFORE = ("content-length", "content-encoding", "etag", "last-modified", "accept-ranges")


@lru_cache(maxsize=2 * len(LANGUAGES))
def document(language: str, compressed: bool = False) -> bytes:
    """The document in one language, as it goes over the wire; a part that is not there is not replaced."""
    t = texts_for(language, ZoneInfo("UTC")).t
    said = t("Closedloop needs scripts to be allowed in this browser.")
    ours = {
        "language": f'<html lang="{CODES[language]}">',
        "title": f"<title>{t('Closedloop')}</title>\n    {_WHERE}",
        "service": "",
        "comments": "",
        "without_scripts": f"<noscript><p>{said}</p></noscript>",
    }
    text = Path(file_util.get_static_dir(), "index.html").read_text(encoding="utf-8")
    for part, pattern in _PARTS.items():
        text = pattern.sub(lambda _, part=part: ours[part], text)
    body = text.encode()
    return gzip.compress(body, mtime=0) if compressed else body


#: gzip, and not with the weight 0, which refuses it.
_GZIP = re.compile(r"(?:^|,)\s*gzip\s*(?:;\s*q=(?:1|0?\.0*[1-9])[\d.]*\s*)?(?:,|$)", re.I)


def _language(request: Request) -> str:
    """As the page itself will choose: of the address, of the cookie, of the browser."""
    asked = request.query_params.get("lang")
    first = request.headers.get("accept-language", "").partition(",")[0]
    return asked if asked in LANGUAGES else language_of(first, request.cookies.get(LANGUAGE_COOKIE))


_NOWHERE = """<!DOCTYPE html>
<html lang="{lang}">
  <head>
    <meta charset="UTF-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>{title} · {product}</title>
  </head>
  <body style="font-family: sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem">
    <h1>{title}</h1>
    <p><a href="{first}">{way}</a></p>
  </body>
</html>
"""


def _root_from(address: str) -> str:
    """The way from an address, itself relative to the product's root, to that root: a proxy may have it below
    a path of its own."""
    return "../" * address.count("/") or "./"


def nowhere(language: str, address: str) -> bytes:
    """What stands where no page is; ``address`` is relative to the product's root."""
    t = texts_for(language, ZoneInfo("UTC")).t
    return _NOWHERE.format(
        lang=CODES[language],
        title=t("No page has this address"),
        product=t("Closedloop"),
        first=_root_from(address),
        way=t("To the first page"),
    ).encode()


class ServedBelowPath(ClosedloopError):
    """The page server was told of a path of its own."""


def require_root() -> None:
    """Refuse a page server that does not stand at the root: signing in and downloads would stay there.

    Raises ServedBelowPath with what to do instead.
    """
    below = (st.get_option("server.baseUrlPath") or "").strip("/")
    if below:
        raise ServedBelowPath(
            f"server.baseUrlPath is {below!r}: the pages are served at the root. To have them below "
            f"/{below}/, leave it empty and let the proxy take the path away: location "
            f"/{below}/ {{ proxy_pass http://closedloop_pages/; … }} (docs/operator.md)."
        )


def _address(path: str) -> str:
    """The address of a page as :data:`ADDRESSES` has it, from the path of a request."""
    address = path.removeprefix("/")
    return "" if address == "index.html" else address


class Shell:
    """Answers with :func:`document` where the wrapped application answers with its own, and with
    :func:`nowhere` where no page is.

    Its own is the one HTML file it has: the product's other answers are JSON, text and other files.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        if _FILES not in scope["path"]:
            kept = [(name, value) for name, value in scope["headers"] if name.lower() not in _CONDITIONS]
            scope = {**scope, "headers": kept}
        ours = False

        async def send_ours(message: Message) -> None:
            nonlocal ours
            if message["type"] == "http.response.start" and message["status"] in _ELSEWHERE:
                headers = MutableHeaders(scope=message)
                if "location" in headers:
                    # As the browser counts folders: %2f parts none.
                    asked = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
                    headers["location"] = _from_here(headers["location"], asked)
            elif message["type"] == "http.response.start" and message["status"] == 200:
                headers = MutableHeaders(scope=message)
                is_html = headers.get("content-type", "").startswith("text/html")
                ours = is_html and "last-modified" in headers
                if ours:
                    message["status"], body = _answer(headers, Request(scope))
                    await send(message)
                    await send({"type": "http.response.body", "body": body})
                    return
            if not ours:
                await send(message)

        await self.app(scope, receive, send_ours)


def _from_here(location: str, path: str) -> str:
    """An address from the root, as one from ``path``."""
    if not location.startswith("/") or location.startswith("//"):
        return location
    return _root_from(path.removeprefix("/")) + location[1:]


def _answer(headers: MutableHeaders, request: Request) -> tuple[int, bytes]:
    """Status and body, and the headers changed to theirs."""
    for name in _AS_BEFORE:
        if name in headers:
            del headers[name]
    language, address = _language(request), _address(request.url.path)
    status, body = 404, nowhere(language, address)
    if address in ADDRESSES:
        compressed = _GZIP.search(request.headers.get("accept-encoding", "")) is not None
        status, body = 200, document(language, compressed)
        if compressed:
            headers["content-encoding"] = "gzip"
    headers["content-length"] = str(len(body))
    headers["cache-control"] = "no-cache"
    headers["vary"] = "Accept-Encoding, Accept-Language, Cookie"
    return status, body
