"""No file leaves or comes in by an address that asks for no session; and what every answer carries."""

from __future__ import annotations

from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import streamlit
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from benchmarks.wire import Tab
from closedloop.ui.exports.registry import EXPORTS
from closedloop.ui.headers import HEADERS
from closedloop.ui.registry import PAGES
from tests.ui.conftest import Site
from tests.ui.streaming import sign_in

PEOPLE = ("leadership", "analyst", "station-S03")
#: Where Streamlit keeps files for whoever knows their address.
FILES = (b"/media/", b"/component/", b"/app/static/")


def _asked(
    site: Site, path: str, cookie: str | None = None, method: str = "GET", **headers: str
) -> tuple[int, HTTPMessage, bytes]:
    """Status, headers and the first of the body; a body announced in the headers is not sent."""
    address = urlsplit(site.url)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=60)
    try:
        connection.putrequest(method, f"/{path}", skip_host="Host" in headers)
        for name, value in {**({"Cookie": cookie} if cookie else {}), **headers}.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read(400)
    finally:
        connection.close()


@pytest.mark.parametrize("who", ("leadership", "analyst"))
def test_no_page_names_a_file_that_asks_for_no_session(who, site, city):
    with city.connect() as connection:
        item = connection.execute("select max(work_item_id) from marts.fct_work_items").fetchone()[0]
    with Tab(site.url, sign_in(site.url, who)) as tab:
        for page in PAGES:
            received = tab.open(page.address, f"lang=en&item={item}").received
            assert b"sign-out" in received
            assert [name for name in FILES if name in received] == [], page.key


@pytest.mark.parametrize("who", (None, *PEOPLE))
def test_routes_that_no_page_needs_are_closed_to_everybody(who, site):
    cookie = sign_in(site.url, who) if who else None
    for path in (
        "media/" + "0" * 56, "media/../media/x.csv", "media", "below/media/x.csv", "component/a.b/index.html",
        "app/static/x", "app/static/media/x", "static/media/media/x",
        "app/static/../../.streamlit/config.toml", "_stcore/script-health-check",
        "_stcore/metrics", "_stcore/bidi-components/closedloop_link_list/x.js",
    ):  # fmt: skip
        status, _, body = _asked(site, path, cookie)
        assert status in (400, 401, 403, 404, 405), path
        assert b"closedloop_session" not in body and b"Traceback" not in body


def test_what_the_front_end_is_made_of_is_served(site):
    fonts = sorted((Path(streamlit.__file__).parent / "static" / "static" / "media").glob("*.woff2"))
    assert len(fonts) > 3
    for font in fonts:
        status, _, body = _asked(site, f"static/media/{font.name}")
        assert (status, body) == (200, font.read_bytes()[:400]), font.name


def test_what_is_open_to_the_signed_out_tells_nothing(site):
    for path in ("healthz", "_stcore/health", "_stcore/host-config"):
        status, _, body = _asked(site, path)
        assert status == 200 and len(body) < 400, path
        assert b"S0" not in body and b"closedloop" not in body.lower() and b"http" not in body


@pytest.mark.parametrize("key", EXPORTS)
def test_a_download_s_address_is_worth_nothing_without_its_session(key, site):
    for form in ("csv", "xlsx"):
        for cookie in (None, "closedloop_session=x", "closedloop_session="):
            assert _asked(site, f"download/{key}.{form}", cookie)[0] == 401


def test_a_file_is_taken_for_the_own_session_and_within_its_size(site):
    analyst = sign_in(site.url, "analyst")
    _, headers, _ = _asked(site, "_stcore/health", analyst)
    xsrf = next(
        part.partition(";")[0]
        for part in headers.get_all("set-cookie") or []
        if part.startswith("_streamlit_xsrf=")
    )
    token = {"X-Xsrftoken": xsrf.partition("=")[2]}
    cookie = f"{analyst}; {xsrf}"
    status, _, body = _asked(
        site, "_stcore/upload_file/somebody-else/x", cookie, "PUT", **token, **{"Content-Length": "0"}
    )
    assert status == 400 and b"Invalid session_id" in body
    with Tab(site.url, cookie) as tab:
        session = tab.open("data").messages[0].new_session.initialize.session_id
        status, _, body = _asked(
            site, f"_stcore/upload_file/{session}/x", cookie, "PUT", **token,
            **{"Content-Length": str(51 * 1024**2)},
        )  # fmt: skip
        assert status == 413
        # Nor by somebody who may not load, though they know the session.
        other = f"{sign_in(site.url, 'leadership')}; {xsrf}"
        status, _, _ = _asked(
            site, f"_stcore/upload_file/{session}/x", other, "PUT", **token, **{"Content-Length": "0"}
        )
        assert status == 403


def test_a_message_of_more_than_two_megabytes_ends_the_connection(site):
    with Tab(site.url, sign_in(site.url, "leadership")) as tab:
        tab.open("")
        tab.send_raw(b"x" * (3 * 1024**2))
        with pytest.raises(ConnectionClosed) as closed:
            for _ in range(200):
                list(tab.listen())
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1009


@pytest.mark.parametrize(
    ("path", "status"),
    [("", 200), ("open", 200), ("healthz", 200), ("_stcore/health", 200), ("download/open.csv", 401),
     ("media/x", 404), ("sign-in", 404), ("_stcore/metrics", 404)],
)  # fmt: skip
def test_every_answer_and_every_refusal_carries_every_header(path, status, site):
    found, headers, _ = _asked(site, path)
    assert (found, {name: headers[name] for name in HEADERS}) == (status, HEADERS)
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy and "default-src 'self'" in policy
    assert "http:" not in policy and "https:" not in policy and "*" not in policy


def test_a_page_of_another_site_gets_no_websocket(site):
    address = f"{site.url.replace('http', 'ws', 1)}/_stcore/stream"
    with pytest.raises(InvalidStatus) as refused:
        connect(address, origin="https://elsewhere.example", subprotocols=["streamlit"])
    assert refused.value.response.status_code == 403
    with pytest.raises(InvalidStatus) as refused:
        connect(
            address, origin=site.url, subprotocols=["streamlit"],
            additional_headers={"Host": "elsewhere.example"},
        )  # fmt: skip
    assert refused.value.response.status_code in (400, 403)
