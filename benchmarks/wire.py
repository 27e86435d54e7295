"""A browser tab without the browser: speaks to the page server as Streamlit's own front end does.

Pages arrive over one websocket as protobuf messages. A :class:`Tab` opens addresses, changes widgets and
keeps what it was sent, the way the front end does (Streamlit 1.67): it names a page by the hash that the
server gave it, sends the state of every widget it changed along with each run, keeps large messages and asks
for references to them, and follows the address that the script writes.
"""

from __future__ import annotations

import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect

#: Where the state of a widget travels, by its kind of element.
FIELDS = {
    "button": "trigger_value",
    "button_group": "string_array_value",
    "checkbox": "bool_value",
    "dataframe": "string_value",
    "date_input": "string_array_value",
    "date_time_input": "string_array_value",
    "multiselect": "string_array_value",
    "number_input": "double_value",
    "pagination": "int_value",
    "radio": "string_value",
    "selectbox": "string_value",
    "slider": "double_array_value",
    "text_area": "string_value",
    "text_input": "string_value",
    "time_input": "string_value",
    "vega_lite_chart": "string_value",
}
_TRIGGERS = {"trigger_value", "string_trigger_value", "json_trigger_value"}
_AGAIN = ForwardMsg.FINISHED_EARLY_FOR_RERUN


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: object, **_kwargs: object) -> None:
        return None


def sign_in(url: str, who: str, **headers: str) -> str:
    """The cookie that the demo's sign-in route gives to ``who``: ``name=value``."""
    form = urllib.parse.urlencode({"who": who, "next": ""}).encode()
    request = urllib.request.Request(f"{url}/demo/sign-in", data=form, headers=headers)
    try:
        urllib.request.build_opener(_NoRedirect).open(request, timeout=60)
    except urllib.error.HTTPError as answer:
        assert answer.code == 303, answer.code
        value = answer.headers["set-cookie"]
        assert "HttpOnly" in value and "samesite=lax" in value.lower()
        return value.split(";")[0]
    raise AssertionError("the sign-in route did not redirect")


@dataclass(frozen=True)
class Widget:
    """An element that takes input. ``key`` is the script's own key for it, empty where it gave none."""

    id: str
    key: str
    kind: str
    element: Message
    fragment_id: str = ""

    @property
    def label(self) -> str:
        """What stands beside it."""
        return getattr(self.element, "label", "")

    @property
    def options(self) -> list[str]:
        """What can be chosen, as the wire names it."""
        found = getattr(self.element, "options", ())
        return [one if isinstance(one, str) else one.content for one in found]


@dataclass(frozen=True)
class Run:
    """What one run of a page sent.

    ``seconds``: from the request until the script had finished. ``first_gap``: between the first messages.
    """

    seconds: float
    first_gap: float
    received: bytes
    messages: tuple[ForwardMsg, ...] = field(repr=False)

    def elements(self) -> Iterator[Element]:
        """Everything drawn, in the order it was sent."""
        for message in self.messages:
            if message.WhichOneof("type") == "delta" and message.delta.WhichOneof("type") == "new_element":
                yield message.delta.new_element

    def texts(self) -> str:
        """The markdown, captions, headings, alerts and HTML of the page, line by line."""
        lines = []
        for element in self.elements():
            kind = element.WhichOneof("type")
            shown = getattr(element, kind) if kind else None
            lines += [getattr(shown, name) for name in ("label", "body", "text") if hasattr(shown, name)]
        return "\n".join(line for line in lines if isinstance(line, str) and line)


class Tab:
    """One tab: a connection, what stands on the page, and the state of its widgets."""

    def __init__(
        self,
        url: str,
        cookie: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        locale: str | None = None,
        patience: float = 60,
    ) -> None:
        self.query = ""
        self.widgets: dict[str, Widget] = {}
        #: Path below the root → hash, as the last navigation named them.
        self.pages: dict[str, str] = {}
        self._locale = locale
        self._patience = patience
        self._hash = ""
        self._states: dict[str, WidgetState] = {}
        self._kept: dict[str, tuple[int, ForwardMsg]] = {}
        self._keep_for = 2
        self._runs = 0
        self._closing = ExitStack()
        self._stream = self._closing.enter_context(
            connect(
                f"{url.replace('http', 'ws', 1)}/_stcore/stream",
                additional_headers={**({"Cookie": cookie} if cookie else {}), **(headers or {})},
                ssl=tls,
                origin=url,
                subprotocols=["streamlit"],
                max_size=None,
                compression=None,
            )
        )

    def __enter__(self) -> Tab:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the tab."""
        self._closing.close()

    def open(self, address: str, query: str = "", script_hash: str = "") -> Run:
        """Go to a page by its path below the root, as a link on the page does (on first use: as typed).

        ``script_hash`` asks for a script by its hash, whatever the server offered.
        """
        self.query = query
        self._hash = script_hash or self.pages.get(address, "")
        return self._run(page_name=address if script_hash or not self._hash else "")

    def rerun(self) -> Run:
        """Run the page again as it stands."""
        return self._run()

    def change(self, name: str, value: Any) -> Run:
        """Set a widget, found by key or else by label, and wait for the run that follows.

        ``value`` is what the wire carries: the shown text of an option, a list of them, ``2025/04/01`` days,
        True for a button. Raises KeyError for a widget that is not on the page.
        """
        widget = self.widget(name)
        state = WidgetState(id=widget.id)
        column = FIELDS[widget.kind]
        if column.endswith("_array_value"):
            target = getattr(state, column)
            target.SetInParent()  # nothing chosen is a value too
            target.data.extend([value] if isinstance(value, str) else value)
        else:
            setattr(state, column, value)
        self._states[widget.id] = state
        try:
            return self._run(fragment_id=widget.fragment_id)
        finally:
            if column in _TRIGGERS:
                del self._states[widget.id]

    def send_raw(self, data: bytes | str) -> None:
        """Send whatever one likes; ``listen`` says what comes of it."""
        self._stream.send(data)

    def listen(self, quiet: float = 0.15) -> Iterator[bytes]:
        """Every message as it comes, until nothing came for so many seconds and no run is under way."""
        running, messages = False, []
        try:
            while True:
                try:
                    data = self._stream.recv(timeout=self._patience if running else quiet)
                except TimeoutError:
                    if running:
                        raise
                    return
                forward = ForwardMsg()
                forward.ParseFromString(data)
                kind = forward.WhichOneof("type")
                if kind in ("new_session", "script_finished"):
                    # A run that another one overtook ends without a word.
                    running = kind == "new_session"
                if kind == "ref_hash":
                    if forward.ref_hash not in self._kept:
                        continue
                    forward = self._from_kept(forward)
                messages.append(forward)
                yield data
        finally:
            self._take(messages, whole=True)

    def widget(self, name: str) -> Widget:
        """The widget with this key, else with this label."""
        for found in self.widgets.values():
            if found.key == name:
                return found
        for found in self.widgets.values():
            if found.label == name:
                return found
        there = ", ".join(found.key or found.label for found in self.widgets.values())
        raise KeyError(f"no widget {name!r} on the page; there are {there}")

    def _run(self, page_name: str = "", fragment_id: str = "") -> Run:
        self._runs += 1
        message = BackMsg()
        state: ClientState = message.rerun_script
        state.query_string = self.query
        state.page_name = page_name
        state.page_script_hash = self._hash
        state.fragment_id = fragment_id
        state.widget_states.widgets.extend(self._states.values())
        state.cached_message_hashes.extend(self._kept)
        if self._locale:
            state.context_info.locale = self._locale
        received, messages, moments = [], [], []
        began = time.perf_counter()
        self._stream.send(message.SerializeToString())
        while True:
            data = self._stream.recv(timeout=self._patience)
            moments.append(time.perf_counter())
            received.append(data)
            forward = ForwardMsg()
            forward.ParseFromString(data)
            kind = forward.WhichOneof("type")
            if kind == "ref_hash":
                forward = self._from_kept(forward)
            messages.append(forward)
            if kind == "script_finished" and forward.script_finished != _AGAIN:
                break
        first_gap = moments[1] - moments[0] if len(moments) > 1 else 0.0
        self._take(messages, whole=not fragment_id)
        return Run(moments[-1] - began, first_gap, b"".join(received), tuple(messages))

    def _from_kept(self, reference: ForwardMsg) -> ForwardMsg:
        whole = ForwardMsg()
        whole.CopyFrom(self._kept[reference.ref_hash][1])
        whole.metadata.CopyFrom(reference.metadata)
        self._kept[reference.ref_hash] = (self._runs, whole)
        return whole

    def _take(self, messages: list[ForwardMsg], whole: bool) -> None:
        """Remember what the front end remembers, and forget what it forgets."""
        seen: dict[str, Widget] = {} if whole else dict(self.widgets)
        for message in messages:
            kind = message.WhichOneof("type")
            if message.metadata.cacheable and message.hash:
                self._kept[message.hash] = (self._runs, message)
            if kind == "new_session":
                self._hash = message.new_session.page_script_hash or self._hash
                self._keep_for = message.new_session.config.max_cached_message_age or self._keep_for
                if whole:
                    seen = {}
            elif kind == "navigation":
                self.pages = {
                    "" if page.is_default else page.url_pathname: page.page_script_hash
                    for page in message.navigation.app_pages
                }
                self._hash = message.navigation.page_script_hash or self._hash
            elif kind == "page_info_changed":
                self.query = message.page_info_changed.query_string
            elif kind == "delta":
                found = _widget(message)
                if found is not None:
                    seen[found.id] = found
        self.widgets = seen
        self._states = {id: state for id, state in self._states.items() if id in seen}
        for found in seen.values():
            # The script may set a widget itself; the front end then forgets what was chosen before.
            if getattr(found.element, "set_value", False):
                self._states.pop(found.id, None)
        self._kept = {
            name: (run, message)
            for name, (run, message) in self._kept.items()
            if self._runs - run <= self._keep_for
        }


def _widget(message: ForwardMsg) -> Widget | None:
    if message.delta.WhichOneof("type") != "new_element":
        return None
    kind = message.delta.new_element.WhichOneof("type")
    if kind not in FIELDS:
        return None
    element = getattr(message.delta.new_element, kind)
    if not element.id:
        return None
    key = element.id.split("-", 2)[-1]
    return Widget(element.id, "" if key == "None" else key, kind, element, message.delta.fragment_id)
