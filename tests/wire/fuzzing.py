"""Hostile visitors: whatever the protocol can say, said at random, over a real websocket."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from google.protobuf import text_format
from streamlit.elements.exception import _GENERIC_UNCAUGHT_EXCEPTION_TEXT as SAYS_NOTHING
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Exception_pb2 import Exception as Exception_
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import ConnectionClosed

from benchmarks.wire import FIELDS, Tab, Widget
from closedloop.ui.registry import ALL_PAGES

#: Values that no honest page sends. None of them holds a mark: a page may repeat what it was asked.
HOSTILE = (
    "", "*", "-", "S01", "S07", "S03", "UNASSIGNED", "S03,S01", "S03' or '1'='1", "'; drop table x; --",
    "%", "_",
    "1) union select title from marts.fct_work_items --", "../../etc/passwd", "..%2f..%2f", "%2e%2e/", "%00",
    "\x01\x02\x1b[31m", "\u202e\ufeff", "a" * 5000, "城" * 1500, "9" * 400, "-1", "0", "1e309", "NaN",
    "-Infinity",
    "0001-01-01", "9999-12-31", "10000-01-01", "2025-02-30", "2025-04-25T08:00:00+99:99", "1969-12-31 23:59",
    "{}", "[]", '{"selection":{"rows":[99999,-1],"points":[{}]}}', "[[1]]", "<script>alert(1)</script>",
    "{0.__class__}", "%s%s%n", "null", "None", "true", "http://elsewhere.example/",
    "//elsewhere.example", "\\\\host\\x", "wall",
)  # fmt: skip
ADDRESSES = (
    *(page.address for page in ALL_PAGES), "wall", "members", "nowhere", "../app", "..", "%2e%2e%2fdata",
    "OPEN", "open/", "/open", "open?station=S01", "frame", "closedloop/ui/frame", "pages/open.py",
    "a" * 3000, "开", "\x01",
)  # fmt: skip
#: Ids of widgets that are on no page, and names of what a page remembers.
NO_WIDGETS = (
    "visit",
    "traced",
    "upload_preview",
    "$$ID",
    "$$ID-0-visit",
    f"$$ID-{'0' * 32}-None",
    "$$ID--station",
)
_PARAMETER = re.compile(rb"[?&;]([a-z][a-z_]{1,20})=")
_KINDS = (*sorted({*FIELDS.values()}), "int_array_value", "json_value", "bytes_value", "string_trigger_value",
          "json_trigger_value", "file_uploader_state_value", "arrow_value", "chat_input_value")  # fmt: skip


@dataclass
class Outcome:
    """What a visitor was sent: ``complaints`` is empty, or says what should not have been in it."""

    sent: int = 0
    runs: int = 0
    closed: int = 0
    received: int = 0
    media: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)


class Visitor:
    """One hostile visitor with one tab at a time, who goes on with a new one when it is closed on them.

    ``foreign(received, asked)`` names what they must not be sent. The same seed says the same things, as
    long as the pages answer the same.
    """

    def __init__(
        self,
        url: str,
        cookie: str | None,
        seed: str,
        items: Sequence[str],
        foreign: Callable[[bytes, set[str]], list[str]],
    ) -> None:
        self._url, self._cookie, self._items, self._foreign = url, cookie, items, foreign
        self._random = random.Random(seed)
        self._seed = seed
        self._parameters = {"station", "from", "to", "as_of", "lang", "item", "view", "page"}
        self._asked: set[str] = set()
        self._fragments: set[str] = set()
        self._said: list[str] = []
        self.outcome = Outcome()

    def misbehave(self, messages: int) -> Outcome:
        """Send so many messages in bursts, look at all that comes back, and say what was wrong with it."""
        with _Reconnecting(self._url, self._cookie) as self._tab:
            self._look()
            while self.outcome.sent < messages and not self.outcome.complaints:
                for _ in range(self._random.choice((1, 1, 1, 2, 3, 6))):
                    self._say(self._message())
                self._look()
            self.outcome.closed = self._tab.closed
        return self.outcome

    def _say(self, data: bytes | str) -> None:
        self.outcome.sent += 1
        self._said.append(_readable(data))
        self._tab.say(data)

    def _look(self) -> None:
        for data in self._tab.listen():
            self.outcome.received += len(data)
            self._parameters |= {name.decode() for name in _PARAMETER.findall(data)}
            message = ForwardMsg()
            message.ParseFromString(data)
            kind = message.WhichOneof("type")
            self.outcome.runs += kind == "new_session"
            if kind == "delta" and message.delta.fragment_id:
                self._fragments.add(message.delta.fragment_id)
            self.outcome.media |= {url.decode() for url in re.findall(rb"/media/[\w.]+", data)}
            wrong = self._foreign(data, self._asked)
            if message.delta.new_element.WhichOneof("type") == "exception":
                wrong += _told(message.delta.new_element.exception)
            if kind == "session_event" and message.session_event.WhichOneof("type") == (
                "script_compilation_exception"
            ):
                wrong.append("an exception of the server")
            if b"page_failed" in data or b"Traceback" in data:
                wrong.append("a page that failed")
            if wrong:
                said = "\n".join(self._said[-12:])
                self.outcome.complaints.append(f"seed {self._seed}: {wrong[:5]} in {kind}, after\n{said}")
                return

    def _message(self) -> bytes | str:
        draw = self._random.random()
        message = BackMsg()
        if draw < 0.60:
            self._rerun(message)
        elif draw < 0.66:
            message.stop_script = True
        elif draw < 0.76:
            message.app_heartbeat = True
        elif draw < 0.82:
            message.file_urls_request.request_id = self._value()
            message.file_urls_request.session_id = self._value()
            message.file_urls_request.file_names.extend([self._value()] * self._random.choice((0, 1, 3)))
        elif draw < 0.93:
            self._meddle(message)
        elif draw < 0.96:
            return self._random.randbytes(self._random.choice((1, 7, 300)))
        elif draw < 0.98:
            # Half of a message, as a broken front end would leave it.
            self._rerun(message)
            return message.SerializeToString()[: self._random.randint(1, 40)]
        else:
            return self._value()
        return message.SerializeToString()

    def _meddle(self, message: BackMsg) -> None:
        which = self._random.randrange(8)
        operation = message.backend_operation_request
        if which == 0:
            message.clear_cache = True
        elif which == 1:
            message.set_run_on_save = True
        elif which == 2:
            message.load_git_info = True
        elif which == 3:
            message.debug_shutdown_runtime = True
        elif which == 4:
            message.debug_disconnect_websocket = True
        elif which == 5:
            operation.install_skills.SetInParent()
        elif which == 6:
            operation.deferred_file.file_id = self._value()
        else:
            operation.dataframe_chunk.source_id = self._value()
            operation.dataframe_chunk.limit = 10**6

    def _rerun(self, message: BackMsg) -> None:
        choose = self._random
        state = message.rerun_script
        state.page_name = choose.choice(ADDRESSES)
        state.query_string = self._query()
        known = [*self._tab.pages.values(), "", self._value(), "0" * 32]
        if choose.random() < 0.5:
            state.page_script_hash = choose.choice(known)
        if choose.random() < 0.25 and self._fragments:
            state.fragment_id = choose.choice([*sorted(self._fragments), self._value()])
        if choose.random() < 0.1:
            state.is_auto_rerun = True
        if choose.random() < 0.2:
            state.context_info.locale = self._value()
            state.context_info.timezone = self._value()
            state.context_info.timezone_offset = choose.choice((0, 2**31 - 1, -(2**31)))
            state.context_info.url = self._value()
        for widget in self._some_widgets():
            state.widget_states.widgets.append(self._state_of(widget))

    def _some_widgets(self) -> Iterator[Widget | None]:
        there = sorted(self._tab.widgets.values(), key=lambda widget: widget.id)
        for _ in range(self._random.choice((0, 0, 1, 1, 2, 4))):
            yield self._random.choice([*there, None])

    def _state_of(self, widget: Widget | None) -> WidgetState:
        choose = self._random
        state = WidgetState(id=widget.id if widget else choose.choice((*NO_WIDGETS, self._value())))
        fair = FIELDS[widget.kind] if widget else "string_value"
        options = (widget.options if widget else []) or [""]
        column = fair if choose.random() < 0.7 else choose.choice(_KINDS)

        def text() -> str:
            return choose.choice(options) if choose.random() < 0.5 else self._value()

        if column == "string_array_value":
            state.string_array_value.SetInParent()
            state.string_array_value.data.extend(text() for _ in range(choose.randrange(4)))
        elif column == "double_array_value":
            state.double_array_value.SetInParent()
            numbers = (0.0, -1.0, 1e300, float("nan"), float("inf"))
            state.double_array_value.data.extend(choose.choices(numbers, k=choose.randrange(3)))
        elif column == "int_array_value":
            state.int_array_value.SetInParent()
            state.int_array_value.data.extend(choose.choices((0, -1, 2**40), k=choose.randrange(3)))
        elif column == "double_value":
            state.double_value = choose.choice((0.0, -1.0, 1e300, float("nan"), float("inf")))
        elif column == "int_value":
            state.int_value = choose.choice((0, 1, -1, 2**40))
        elif column in ("bool_value", "trigger_value"):
            setattr(state, column, choose.random() < 0.5)
        elif column == "bytes_value":
            state.bytes_value = choose.randbytes(20)
        elif column == "file_uploader_state_value":
            state.file_uploader_state_value.uploaded_file_info.add(file_id=self._value(), name=self._value())
        elif column == "string_trigger_value":
            state.string_trigger_value.data = text()
        elif column in ("arrow_value", "chat_input_value"):
            getattr(state, column).SetInParent()
        else:
            setattr(state, column, text())
        return state

    def _query(self) -> str:
        names = self._random.choices(sorted(self._parameters), k=self._random.choice((0, 1, 2, 3, 5)))
        pairs = [(name, self._value()) for name in names]
        if self._random.random() < 0.1:
            return self._value()
        if self._random.random() < 0.1:
            return "&".join(f"{quote(name)}[]={value}" for name, value in pairs)
        return urlencode(pairs)

    def _value(self) -> str:
        if self._items and self._random.random() < 0.15:
            item = self._random.choice(self._items)
            self._asked.add(item)
            return item
        return self._random.choice(HOSTILE)


class _Reconnecting:
    """A tab, and another one when it was closed."""

    def __init__(self, url: str, cookie: str | None) -> None:
        self._url, self._cookie = url, cookie
        self._tab = Tab(url, cookie)
        #: How often the server hung up.
        self.closed = 0

    def __enter__(self) -> _Reconnecting:
        return self

    def __exit__(self, *_error: object) -> None:
        self._tab.close()

    @property
    def pages(self) -> dict[str, str]:
        return self._tab.pages

    @property
    def widgets(self) -> dict[str, Widget]:
        return self._tab.widgets

    def say(self, data: bytes | str) -> None:
        try:
            self._tab.send_raw(data)
        except ConnectionClosed:
            self._again()

    def listen(self) -> Iterator[bytes]:
        try:
            yield from self._tab.listen()
        except ConnectionClosed:
            self._again()

    def _again(self) -> None:
        self.closed += 1
        self._tab.close()
        self._tab = Tab(self._url, self._cookie)


def _told(exception: Exception_) -> list[str]:
    """What an error box tells of the program. Streamlit shows one for values that no front end sends."""
    if exception.type or exception.stack_trace or exception.message != SAYS_NOTHING:
        return [f"an exception: {exception.type} {exception.message}"]
    return []


def _readable(data: bytes | str) -> str:
    if isinstance(data, str):
        return f"text frame {data[:80]!r}"
    message = BackMsg()
    try:
        message.ParseFromString(data)
    except Exception:
        return f"bytes {data[:80].hex()}"
    return text_format.MessageToString(message, as_one_line=True, as_utf8=True)[:600]


def ours_in_tracebacks(log: str) -> list[str]:
    """Tracebacks of a log with a line of ours in them. Streamlit writes its own for values that no front end
    sends, before a line of ours has run.
    """
    # Drawn in colours, in a box, and broken into lines.
    plain = re.sub(r"\x1b\[[0-9;]*m|[─│╭╮╰╯❱]", "", log)
    told = re.split(r"Traceback \(most recent call last\)", plain)[1:]
    packed = ["".join(each.split())[:4000] for each in told]
    return [each for each in packed if re.search(r"/(closedloop/\w+|pages)/\w+\.py", each)]


def seed() -> str:
    """The seed of this run: ``SECURITY_SEED``, else always the same."""
    return os.environ.get("SECURITY_SEED", "7")
