"""What a browser may send and ask for: messages to the pages, uploads, and no file without a session.

Streamlit takes every message of its protocol from anybody who has a websocket, and a websocket is open to the
signed-out too: the sign-in page comes over one. Clearing the cache of all visitors, asking for the names of
changed files in the server's folder, leaving files of 50 MB in its memory are nobody's business. Its routes
for files ask nobody who they are: whoever knows an address has the file. So what the pages need is let
through, and the rest goes no further than here.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

from google.protobuf.message import DecodeError
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime.runtime_util import get_max_widget_state_size_bytes
from streamlit.runtime.state.common import is_element_id
from streamlit.runtime.state.session_state import STREAMLIT_INTERNAL_KEY_PREFIX

from closedloop.errors import ClosedloopError
from closedloop.settings import get_settings
from closedloop.ui.admission import admit, proven
from closedloop.ui.demo import published_to_anybody
from closedloop.ui.identity import Identity, may_upload

_STREAM: Final = "/_stcore/stream"
_UPLOAD: Final = "/_stcore/upload_file/"
#: Routes that no page of ours uses, and that would serve without asking for a session.
_UNUSED: Final = ("/media/", "/component/", "/app/static/", "/_stcore/script-health-check/")
#: Messages of the protocol that pages live on. Streamlit itself bounds their size.
_WANTED: Final = frozenset({"rerun_script", "stop_script", "app_heartbeat", "file_urls_request"})

log = logging.getLogger("closedloop.access")


def _is_unused(path: str) -> bool:
    # The front end's own fonts lie in a folder of the same name.
    path = f"{path}/".replace("/static/media/", "/static/")
    return any(route in path for route in _UNUSED)


class WireGuard:
    """Lets the pages' own messages through, and files of those who may load them; stands behind the gate."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and scope["path"].endswith(_STREAM):
            await _Stream(scope, receive, send).serve(self.app)
        elif scope["type"] == "http" and _is_unused(scope["path"]):
            await PlainTextResponse("Not found.", status_code=404)(scope, receive, send)
        elif scope["type"] == "http" and _UPLOAD in scope["path"] and scope["method"] != "OPTIONS":
            refusal = await _refused_upload(scope)
            await (refusal or self.app)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


class _Stream:
    """One websocket."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._closed = False

    async def serve(self, app: ASGIApp) -> None:
        await app(self._scope, self.receive, self.send)

    async def send(self, message: Message) -> None:
        # After we closed, the page server may still have something to say.
        if not self._closed:
            await self._send(message)

    async def receive(self) -> Message:
        while True:
            message = await self._receive()
            if message["type"] != "websocket.receive":
                return message
            data = message.get("bytes")
            if len(data or b"") > get_max_widget_state_size_bytes():
                return await self._close("a message that is too long", 1009)
            try:
                said = None if data is None else _read(data)
            except DecodeError:
                said = None
            if said is None:
                # Streamlit would write a stack trace into the log for each of these.
                return await self._close("a message that is none of the pages' protocol", 1002)
            kind = said.WhichOneof("type") or "nothing"
            if kind == "rerun_script" and _drop_what_is_no_widget(said):
                return {**message, "bytes": said.SerializeToString()}
            if kind in _WANTED:
                return message
            log.info("a message %s was not let through", kind)

    async def _close(self, why: str, code: int) -> Message:
        log.warning("%s; its connection was closed", why)
        await self.send({"type": "websocket.close", "code": code})
        self._closed = True
        return {"type": "websocket.disconnect", "code": code}


def _read(data: bytes) -> BackMsg:
    """A message of the protocol. Raises DecodeError."""
    said = BackMsg()
    said.ParseFromString(data)
    return said


def _drop_what_is_no_widget(said: BackMsg) -> bool:
    """Take out values under names that no widget of a page has; True if there were any.

    Such a name is one of the page's own memory, and Streamlit stumbles over it in the middle of a page.
    """
    states = said.rerun_script.widget_states.widgets
    wrong = [number for number, state in enumerate(states) if not _may_be_a_widget(state.id)]
    for number in reversed(wrong):
        del states[number]
    return bool(wrong)


def _may_be_a_widget(name: str) -> bool:
    # What a custom component says once, as a click on a row, comes under its id with this before it.
    return is_element_id(name.removeprefix(f"{STREAMLIT_INTERNAL_KEY_PREFIX}_"))


async def _refused_upload(scope: Scope) -> PlainTextResponse | None:
    identity = await _admitted(scope)
    if identity is None:
        return PlainTextResponse("Sign in first.", status_code=401)
    if not may_upload(identity):
        return PlainTextResponse("Not for you.", status_code=403)
    return None


async def _admitted(scope: Scope) -> Identity | None:
    """Who is let in now; nobody while the warehouse does not answer."""
    asked = HTTPConnection(scope)
    try:
        return await run_in_threadpool(_identity, asked.cookies, asked.headers)
    except ClosedloopError as error:
        log.warning("nobody can be let in: %s", error)
        return None


def _identity(cookies: Mapping[str, str], headers: Mapping[str, str]) -> Identity | None:
    settings = get_settings()
    person = proven(cookies, headers, settings)
    return None if person is None else admit(person, published_to_anybody(), settings).identity
