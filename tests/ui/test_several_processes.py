"""Several page servers behind the nginx configuration we ship: a visitor keeps one, and can lose it."""

from __future__ import annotations

import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from closedloop.settings import PROJECT_ROOT
from tests.ui.conftest import Site, free_port, serving
from tests.ui.nginx import NGINX, certificate, on_this_machine, trusting
from tests.ui.streaming import sent, sign_in


@dataclass(frozen=True)
class Several:
    """nginx (``url``) before two page servers over one warehouse, by address, each with what ends it."""

    url: str
    tls: ssl.SSLContext
    websocket_tls: ssl.SSLContext
    servers: dict[str, tuple[Site, ExitStack]]

    @property
    def sites(self) -> list[Site]:
        return [site for site, _ in self.servers.values()]

    def get(self, path: str, cookie: str = "") -> tuple[int, str]:
        """Status of an answer, and the page server that gave it."""
        request = urllib.request.Request(f"{self.url}/{path}", headers={"Cookie": cookie})
        try:
            answer = urllib.request.urlopen(request, timeout=60, context=self.tls)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            return answer.status, answer.headers["x-answered-by"]

    def page(self, cookie: str) -> bytes:
        return sent(self.url, "open", "lang=en", cookie, tls=self.websocket_tls)


@pytest.fixture(scope="module")
def several(city, make_warehouse, tmp_path_factory) -> Iterator[Several]:
    if NGINX is None:
        pytest.skip("no nginx here; apt-get install nginx-light runs this lane")
    folder, warehouse = tmp_path_factory.mktemp("several"), make_warehouse(of=city)
    certificate(folder)
    port, pages = free_port(), (free_port(), free_port())
    text = (PROJECT_ROOT / "deploy" / "nginx.conf").read_text()
    more = {
        "    server 127.0.0.1:8501;": f"    server 127.0.0.1:{pages[0]};",
        "    # server 127.0.0.1:8502;": f"    server 127.0.0.1:{pages[1]};",
        # So that a test can see who answered.
        "proxy_buffering off;": (
            "proxy_buffering off;\n        add_header X-Answered-By $upstream_addr always;"
        ),
    }
    nginx = subprocess.Popen([NGINX, "-c", on_this_machine(text, folder, port, more)])
    try:
        with ExitStack() as first, ExitStack() as second:
            servers = {
                f"127.0.0.1:{own}": (stack.enter_context(serving(warehouse, folder, port=own)), stack)
                for own, stack in zip(pages, (first, second), strict=True)
            }
            yield Several(
                f"https://localhost:{port}", trusting(folder), trusting(folder, threads=True), servers
            )
    finally:
        nginx.terminate()
        nginx.wait(timeout=30)


def test_a_visitor_stays_with_one_process_and_visitors_spread_over_both(several):
    answered = set()
    for _ in range(12):
        # Signed in at either process: the session is in the warehouse, the key to the cookie in the home.
        cookie = sign_in(several.sites[0].url, "station-S03")
        found = {several.get(path, cookie) for path in ("", "healthz", "download/open.csv", "healthz")}
        assert {status for status, _ in found} == {200}
        assert len({by for _, by in found}) == 1
        answered |= {by for _, by in found}
    assert len(answered) == 2


def test_signing_out_at_one_process_signs_out_at_the_other(several):
    cookie = sign_in(several.sites[0].url, "leadership")
    for site in several.sites:
        assert b"sign-out" in sent(site.url, "open", "lang=en", cookie)
    request = urllib.request.Request(several.sites[0].at("sign-out"), data=b"", headers={"Cookie": cookie})
    urllib.request.urlopen(request, timeout=60).close()
    for site in several.sites:
        assert b"sign-out" not in sent(site.url, "open", "lang=en", cookie)


def test_who_was_on_a_process_that_ends_goes_on_with_the_other(several):
    cookie = sign_in(several.sites[0].url, "leadership")
    assert b"sign-out" in several.page(cookie)
    _, own = several.get("healthz", cookie)
    several.servers[own][1].close()
    assert b"sign-out" in several.page(cookie)
    status, other = several.get("healthz", cookie)
    assert status == 200 and other != own
