"""What a page sends to a browser, read from the wire: all of it, drawn or not."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.parse
import urllib.request

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from closedloop.ui.identity import COOKIE


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args, **_kwargs):
        return None


def sign_in(url: str, who: str, **headers: str) -> str:
    """The cookie that the sign-in route gives to ``who``."""
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


def sent(
    url: str,
    page: str,
    query: str = "",
    cookie: str | None = None,
    script_hash: str = "",
    headers: dict[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
) -> bytes:
    """Every byte that one run of a page sends."""
    message = BackMsg()
    message.rerun_script.query_string = query
    message.rerun_script.page_name = page
    message.rerun_script.page_script_hash = script_hash
    received = []
    with connect(
        f"{url.replace('http', 'ws', 1)}/_stcore/stream",
        additional_headers={**({"Cookie": cookie} if cookie else {}), **(headers or {})},
        ssl=tls,
        origin=url,
        subprotocols=["streamlit"],
        max_size=None,
    ) as stream:
        stream.send(message.SerializeToString())
        while True:
            data = stream.recv(timeout=60)
            received.append(data)
            forward = ForwardMsg()
            forward.ParseFromString(data)
            if forward.WhichOneof("type") == "script_finished":
                return b"".join(received)


def forged_cookie() -> str:
    """A cookie that names an identity and has no valid signature."""
    return f"{COOKIE}=eyJ3aG8iOiJsZWFkZXJzaGlwIiwiaWQiOiJ4In0.aAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
