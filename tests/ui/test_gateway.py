"""A gateway's word is taken from the gateway, through the nginx configuration we ship; from nobody else."""

from __future__ import annotations

import re
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from closedloop import access
from closedloop.access import Grant
from closedloop.settings import PROJECT_ROOT
from tests.ui.conftest import Site, free_port, serving
from tests.ui.nginx import NGINX, certificate, on_this_machine, trusting
from tests.ui.streaming import sent

KEY = "a key that the gateway and the pages share"
HEADER = "X-Closedloop-Identity"
#: The address nginx connects from: not the one the tests themselves connect from.
PEER = "127.0.0.2"


def _token(subject: str, key: str = KEY, **claims: object) -> str:
    now = int(time.time())
    said = {"sub": subject, "aud": "closedloop", "iat": now, "exp": now + 60, **claims}
    said = {name: value for name, value in said.items() if value is not None}
    return jwt.encode({"alg": "HS256"}, said, OctKey.import_key(key))


class _Who(BaseHTTPRequestHandler):
    """The intranet's sign-in service: believes a cookie."""

    def do_GET(self) -> None:
        who = re.search(r"intranet=([\w-]+)", self.headers.get("cookie", ""))
        self.send_response(204 if who else 401)
        if who:
            self.send_header(HEADER, _token(who[1], name=f"Name of {who[1]}"))
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        pass


@dataclass(frozen=True)
class Gateway:
    """nginx as shipped (``url``), and the page server behind it (``site``)."""

    url: str
    site: Site
    tls: ssl.SSLContext
    websocket_tls: ssl.SSLContext

    def get(self, path: str, url: str | None = None, headers: dict[str, str] | None = None) -> int:
        request = urllib.request.Request(f"{url or self.url}/{path}", headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=60, context=self.tls) as answer:
                return answer.status
        except urllib.error.HTTPError as refused:
            return refused.code

    def page(self, who: str, **headers: str) -> bytes:
        headers = {"Cookie": f"intranet={who}", **headers}
        return sent(self.url, "open", "lang=en", headers=headers, tls=self.websocket_tls)


def _configured(folder: Path, port: int, pages: int, who: int) -> Path:
    shipped = (PROJECT_ROOT / "deploy" / "nginx.conf").read_text()
    gateway = (PROJECT_ROOT / "deploy" / "nginx-gateway.conf").read_text()
    plain = shipped[shipped.index("    location / {") : shipped.rindex("}")]
    to_pages = "proxy_pass http://closedloop_pages;"
    more = {
        "server 127.0.0.1:8501;": f"server 127.0.0.1:{pages};",
        to_pages: f"{to_pages}\n    proxy_bind {PEER};",
        "http://127.0.0.1:9000/": f"http://127.0.0.1:{who}/",
    }
    return on_this_machine(shipped.replace(plain, gateway), folder, port, more)


@pytest.fixture(scope="module")
def gateway(city, make_warehouse, tmp_path_factory) -> Iterator[Gateway]:
    if NGINX is None:
        pytest.skip("no nginx here; apt-get install nginx-light runs this lane")
    folder, warehouse = tmp_path_factory.mktemp("gateway"), make_warehouse(of=city)
    certificate(folder)
    who = ThreadingHTTPServer(("127.0.0.1", 0), _Who)
    threading.Thread(target=who.serve_forever, daemon=True).start()
    port, pages = free_port(), free_port()
    settings = {
        "CLOSEDLOOP_GATEWAY_KEY": KEY,
        "CLOSEDLOOP_GATEWAY_PEERS": f'["{PEER}"]',
        "CLOSEDLOOP_GATEWAY_SIGN_OUT": "https://sign-in.example/out",
        "STREAMLIT_SERVER_ADDRESS": "127.0.0.1",
    }
    nginx = subprocess.Popen([NGINX, "-c", _configured(folder, port, pages, who.server_port)])
    try:
        with serving(warehouse, folder, settings, pages) as site:
            yield Gateway(f"https://localhost:{port}", site, trusting(folder), trusting(folder, threads=True))
    finally:
        nginx.terminate()
        nginx.wait(timeout=30)
        who.shutdown()


@pytest.fixture(scope="module")
def head(gateway: Gateway) -> str:
    access.grant(
        access.GATEWAY,
        "head-of-three",
        Grant("station_head", stations=("S03",)),
        by="tests",
        settings=gateway.site.warehouse.settings,
    )
    return "head-of-three"


def test_the_gateway_signs_somebody_in(gateway, head, station_names):
    received = gateway.page(head)
    assert f"Head of {station_names['S03'][1]}".encode() in received
    assert station_names["S01"][1].encode() not in received
    assert gateway.get("download/open.csv", headers={"Cookie": f"intranet={head}"}) == 200


def test_whom_the_gateway_does_not_know_does_not_pass(gateway):
    assert gateway.get("") == 401
    assert gateway.get("download/open.csv") == 401


def test_what_a_visitor_says_of_himself_is_replaced(gateway, head, station_names):
    received = gateway.page(head, **{HEADER: _token("leader")})
    assert f"Head of {station_names['S03'][1]}".encode() in received
    assert gateway.get("", headers={HEADER: _token("leader")}) == 401


def test_somebody_without_a_grant_is_told_whom_to_ask(gateway):
    received = gateway.page("stranger")
    assert b"have no access yet" in received and b"stranger" in received


def test_a_revoked_member_is_out(gateway):
    settings = gateway.site.warehouse.settings
    access.grant(access.GATEWAY, "leaver", Grant("leadership"), by="tests", settings=settings)
    assert b"Leadership of the city" in gateway.page("leaver")
    access.revoke(access.GATEWAY, "leaver", by="tests", settings=settings)
    assert b"have no access yet" in gateway.page("leaver")
    assert gateway.get("download/open.csv", headers={"Cookie": "intranet=leaver"}) == 401


def test_who_comes_through_the_gateway_and_who_beside_it_is_traced(gateway, head):
    gateway.page(head)
    direct = gateway.site.url.replace("localhost", "127.0.0.1")
    for _ in range(3):
        assert gateway.get("", url=direct, headers={HEADER: _token(head)}) == 403
    for _ in range(100):
        with gateway.site.warehouse.connect("owner") as connection:
            events = connection.execute(
                "select event, subject, detail->>'peer' from audit.events "
                "where subject = %s and event = 'sign_in' or detail ? 'peer' order by event",
                [head],
            ).fetchall()
        if len({event for event, *_ in events}) == 2:
            break
        time.sleep(0.1)
    assert ("sign_in", head, None) in events
    # Three knocks in a minute are one trace.
    assert [each for each in events if each[0] == "refused"] == [("refused", None, "127.0.0.1")]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {HEADER: "token"},
        {HEADER: "token", "X-Forwarded-For": PEER},
        {HEADER: "token", "Forwarded": f"for={PEER}"},
        {"X-Closedloop-Vouched": "anything"},
    ],
    ids=["nothing", "a good token", "a forged address", "another forged address", "our own header"],
)
def test_nobody_gets_past_the_gateway(gateway, head, headers):
    direct = gateway.site.url.replace("localhost", "127.0.0.1")
    headers = {**headers, **({HEADER: _token(head)} if HEADER in headers else {})}
    for path in ("", "download/open.csv", "demo/sign-in", "_stcore/host-config"):
        assert gateway.get(path, direct, headers) == 403, path
    with pytest.raises(InvalidStatus) as refused:
        sent(direct, "open", headers=headers)
    assert refused.value.response.status_code == 403
    assert gateway.get("healthz", direct) == 200


@pytest.mark.parametrize("path", ["_stcore/metrics", "_stcore/metrics/"])
def test_the_servers_counters_are_closed(path, gateway, head, site):
    assert gateway.get(path, headers={"Cookie": f"intranet={head}"}) in (400, 404)
    assert gateway.get(path, site.url) in (400, 404)


def test_nginx_bounds_what_is_sent_and_tells_nothing_of_itself(gateway, head):
    address = urlsplit(gateway.url)
    for megabytes, status in ((0, 403), (61, 413)):
        asked = HTTPSConnection(address.hostname or "", address.port, context=gateway.tls, timeout=60)
        asked.putrequest("PUT", "/_stcore/upload_file/session/file")
        asked.putheader("Cookie", f"intranet={head}")
        asked.putheader("Content-Length", str(megabytes * 1024**2))
        asked.endheaders()
        answer = asked.getresponse()
        # What is not too much is the page server's business, which takes no file of a station head.
        assert answer.status == status, megabytes
        assert answer.headers["server"] == "nginx"
        assert "max-age=31536000" in answer.headers["strict-transport-security"]
        asked.close()


def test_one_address_has_two_hundred_connections_and_no_more(gateway, head):
    with ExitStack() as open_ones:

        def another() -> None:
            open_ones.enter_context(
                connect(
                    f"{gateway.url.replace('http', 'ws', 1)}/_stcore/stream", ssl=gateway.websocket_tls,
                    origin=gateway.url, subprotocols=["streamlit"],
                    additional_headers={"Cookie": f"intranet={head}"}, open_timeout=60,
                )
            )  # fmt: skip

        for _ in range(200):
            another()
        with pytest.raises(InvalidStatus) as refused:
            another()
        assert refused.value.response.status_code == 503


def test_without_a_gateway_its_header_is_refused_not_ignored(gateway, site):
    for headers in ({HEADER: _token("anybody")}, {"X-Closedloop-Vouched": "x"}):
        assert gateway.get("", site.url, headers) == 403
        with pytest.raises(InvalidStatus):
            sent(site.url, "open", headers=headers)
