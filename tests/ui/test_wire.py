"""What a browser may send: the pages' own messages, and files of those who may load them. Nothing else."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from closedloop.ui.wire import WireGuard
from tests.ui.conftest import Site
from tests.ui.streaming import sign_in


def _said(**fields: object) -> bytes:
    message = BackMsg()
    for name, value in fields.items():
        if value is None:
            getattr(message, name).SetInParent()
        else:
            setattr(message, name, value)
    return message.SerializeToString()


def _serve(pages, waiting: list[dict]) -> list[dict]:
    """Let ``pages`` stand behind the guard of a websocket that gets these messages; what is sent back."""
    answered: list[dict] = []

    async def receive() -> dict:
        return waiting.pop(0) if waiting else {"type": "websocket.disconnect", "code": 1000}

    async def send(message: dict) -> None:
        answered.append(message)

    scope = {"type": "websocket", "path": "/below/_stcore/stream", "headers": []}
    # In a thread of its own: the browser of other tests keeps a loop running in this one.
    with ThreadPoolExecutor(1) as aside:
        aside.submit(asyncio.run, WireGuard(pages)(scope, receive, send)).result()
    return answered


def _through(*frames: dict) -> tuple[list[str], list[dict]]:
    """What of the frames reaches the page server, and what is sent back to the browser."""
    arrived: list[str] = []

    async def pages(_scope, receive, send) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            said = BackMsg()
            said.ParseFromString(message["bytes"])
            arrived.append(said.WhichOneof("type"))
        # As the page server may, late.
        await send({"type": "websocket.send", "bytes": b"late"})

    answered = _serve(pages, [{"type": "websocket.receive", **frame} for frame in frames])
    return arrived, answered


@pytest.mark.parametrize("wanted", [{"rerun_script": None}, {"stop_script": True}, {"app_heartbeat": True}])
def test_what_pages_live_on_goes_through(wanted):
    assert _through({"bytes": _said(**wanted)})[0] == list(wanted)


def test_values_of_widgets_go_through_and_others_do_not():
    widget = "$$ID-485f6df58849fae11c0a903fefaf7880-filter_station"
    click = f"$$STREAMLIT_INTERNAL_KEY_{widget}__events"
    message = BackMsg()
    for name in (widget, "visit", click, "$$STREAMLIT_INTERNAL_KEY_SCRIPT_RUN_WITHOUT_ERRORS", ""):
        message.rerun_script.widget_states.widgets.add(id=name, string_value="x")
    passed: list[str] = []

    async def pages(_scope, receive, _send) -> None:
        said = BackMsg()
        said.ParseFromString((await receive())["bytes"])
        passed.extend(state.id for state in said.rerun_script.widget_states.widgets)

    _serve(pages, [{"type": "websocket.receive", "bytes": message.SerializeToString()}])
    assert passed == [widget, click]


@pytest.mark.parametrize(
    "meddling",
    [
        {"clear_cache": True},
        {"load_git_info": True},
        {"set_run_on_save": True},
        {"debug_shutdown_runtime": True},
        {"debug_disconnect_websocket": True},
        {"backend_operation_request": None},
        {},
    ],
    ids=lambda meddling: next(iter(meddling), "nothing"),
)
def test_what_concerns_the_server_goes_no_further(meddling):
    arrived, _ = _through({"bytes": _said(**meddling)}, {"bytes": _said(app_heartbeat=True)})
    assert arrived == ["app_heartbeat"]


@pytest.mark.parametrize(
    "frame", [{"text": "hello"}, {"bytes": b"\xff\xff\xff"}, {"bytes": None, "text": ""}]
)
def test_what_is_no_message_ends_the_connection(frame):
    arrived, answered = _through(frame, {"bytes": _said(clear_cache=True)})
    assert arrived == []
    assert answered == [{"type": "websocket.close", "code": 1002}]


def _put(site: Site, cookie: str | None, path: str = "_stcore/upload_file/session/file", method="PUT") -> int:
    request = urllib.request.Request(site.at(path), data=b"x", method=method)
    if cookie:
        request.add_header("Cookie", cookie)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=60)
    assert "default-src 'self'" in refused.value.headers["content-security-policy"]
    return refused.value.code


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST"])
def test_no_file_is_taken_from_who_may_not_load_one(method, site: Site):
    assert _put(site, None, method=method) == 401
    assert _put(site, "closedloop_session=forged", method=method) == 401
    assert _put(site, sign_in(site.url, "station-S03"), method=method) == 403
    assert _put(site, sign_in(site.url, "leadership"), method=method) == 403


def test_an_analyst_s_file_is_the_page_server_s_business(site: Site):
    # 403 of its own check against forged requests, which comes after ours.
    request = urllib.request.Request(
        site.at("_stcore/upload_file/session/file"), data=b"x", method="PUT",
        headers={"Cookie": sign_in(site.url, "analyst")},
    )  # fmt: skip
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=60)
    assert refused.value.code == 403 and b"XSRF" in refused.value.read()


@pytest.mark.parametrize("path", ["agent/interact", "agent/mcp"])
def test_there_is_no_second_way_in(path, site: Site):
    request = urllib.request.Request(
        site.at(f"_stcore/{path}"), data=b"{}", headers={"Content-Type": "application/json"}
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=60)
    # Refused in its own words, whichever of the two it is.
    assert refused.value.code in (400, 403, 404)
    assert b"enableAgentApi" in refused.value.read()
