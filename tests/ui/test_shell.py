"""The document that a page begins with: in the visitor's language, and it says where the server is."""

from __future__ import annotations

import gzip
import hashlib
import urllib.error
import urllib.parse
import urllib.request
from contextlib import closing
from email.utils import formatdate
from http.client import HTTPConnection
from pathlib import Path

import pytest
import streamlit

from closedloop.ui.language import LANGUAGE_COOKIE
from closedloop.ui.shell import _PARTS, document
from tests.ui.conftest import refused_start


def _asked(site, address: str = "open", method: str = "GET", **headers: str):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(site.at(address), headers=named, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.headers, answer.read()


def test_every_part_that_is_replaced_is_there_to_be_replaced():
    own = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    assert [part for part, pattern in _PARTS.items() if not pattern.search(own)] == []
    ours = document("zh").decode()
    assert 'lang="zh-CN"' in ours and "<title>闭环管控看板</title>" in ours
    for gone in ("<title>Streamlit", "agent", "service-desc", 'lang="en"'):
        assert gone in own and gone not in ours
    assert ours.count("<script") == own.count("<script") + 1
    assert "Licensed under the Apache License" in ours


@pytest.mark.parametrize(
    ("address", "headers", "language"),
    [
        ("open", {}, "en"),
        ("open", {"Accept_Language": "zh-CN,zh;q=0.9,en;q=0.8"}, "zh-CN"),
        ("open", {"Accept_Language": "de,zh;q=0.9"}, "en"),
        ("open?lang=zh", {"Accept_Language": "en-US"}, "zh-CN"),
        ("open?lang=xx", {"Accept_Language": "zh"}, "zh-CN"),
        ("", {"Accept_Language": "zh", "Cookie": f"{LANGUAGE_COOKIE}=en"}, "en"),
        ("accounts", {"Accept_Language": "zh"}, "zh-CN"),
    ],
)
def test_it_speaks_as_the_page_will(site, address, headers, language):
    answered, body = _asked(site, address, **headers)
    assert f'<html lang="{language}">' in body.decode()
    assert answered["content-security-policy"] and answered["content-length"] == str(len(body))
    assert answered["etag"] is None, "another language is another document under the same address"


def test_it_goes_compressed_to_whom_takes_it_and_has_no_body_when_asked_for_its_head(site):
    answered, body = _asked(site, Accept_Encoding="gzip")
    assert answered["content-encoding"] == "gzip" and gzip.decompress(body) == document("en")
    answered, body = _asked(site, method="HEAD")
    assert answered["content-length"] == str(len(document("en"))) and body == b""


def test_what_is_no_document_is_left_as_it_is(site):
    own = (Path(streamlit.__file__).parent / "static" / "favicon.png").read_bytes()
    assert _asked(site, "favicon.png")[1] == own
    assert b"<html" not in _asked(site, "healthz")[1]


@pytest.mark.parametrize("address", ["", "open", "index.html"])
def test_whoever_kept_the_page_servers_own_gets_ours(site, address):
    own = Path(streamlit.__file__).parent / "static" / "index.html"
    stands = own.stat()
    written = f"{stands.st_mtime}-{stands.st_size}".encode()
    etag = f'"{hashlib.md5(written, usedforsecurity=False).hexdigest()}"'
    for kept in ({"If_None_Match": etag}, {"If_None_Match": "*"}, {"Range": "bytes=0-"}, {"Range": "foo"}):
        answered, body = _asked(site, address, **kept)
        assert body == document("en") and answered["content-range"] is None
    later = formatdate(own.stat().st_mtime + 86_400, usegmt=True)
    assert _asked(site, address, If_Modified_Since=later)[1] == document("en")


@pytest.mark.parametrize(
    ("accepted", "compressed"),
    [
        ("gzip", True), ("br, GZIP;q=0.8", True), ("gzip ; q=1.0 , br", True), ("gzip;q=.5", True),
        ("gzip;q=0", False), ("br;q=1, gzip;q=0.000", False), ("x-gzip", False), ("identity", False),
    ],
)  # fmt: skip
def test_it_goes_compressed_only_where_that_is_asked_for(site, accepted, compressed):
    answered, body = _asked(site, Accept_Encoding=accepted)
    assert (answered["content-encoding"] == "gzip") is compressed
    assert (gzip.decompress(body) if compressed else body) == document("en")


def test_the_files_of_the_front_end_are_still_asked_for_once(site):
    script = next((Path(streamlit.__file__).parent / "static" / "static" / "js").glob("index.*.js"))
    answered, _ = _asked(site, f"static/js/{script.name}")
    with pytest.raises(urllib.error.HTTPError) as unchanged:
        _asked(site, f"static/js/{script.name}", If_None_Match=answered["etag"])
    assert unchanged.value.code == 304


@pytest.mark.parametrize(
    ("address", "first"),
    [("nothing-here", "./"), ("OPEN", "./"), ("open/x", "../"), ("a/b/c", "../../"), ("open//x", "../../")],
)
def test_where_no_page_is_that_is_said_with_the_way_to_the_first(site, address, first):
    for headers, title in (({}, "No page has this address"), ({"Accept_Language": "zh"}, "此地址没有页面")):
        with pytest.raises(urllib.error.HTTPError) as told:
            _asked(site, address, **headers)
        said = told.value.read().decode()
        assert told.value.code == 404 and f"<h1>{title}</h1>" in said and f'href="{first}"' in said
        assert told.value.headers["content-security-policy"] and "<script" not in said
        assert urllib.parse.urljoin(site.at(address), first) == site.at("")


def test_a_page_that_is_typed_wrong_leads_to_the_first_one_by_hand(visit):
    visitor = visit(locale="zh-CN")
    visitor.sign_in("leadership")
    visitor.page.goto(site_address := visitor.site.at("opne"))
    visitor.errors.clear()  # the browser's own, of the 404
    visitor.page.get_by_role("link", name="回到首页").click()
    visitor.settled()
    assert visitor.page.url == site_address.removesuffix("opne") and visitor.errors == []


def test_a_page_server_that_is_told_of_a_path_of_its_own_says_who_takes_it_away(tmp_path):
    said = refused_start(tmp_path, STREAMLIT_SERVER_BASE_URL_PATH="/board/")
    assert "server.baseUrlPath is 'board'" in said and "location /board/" in said


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [("open/?lang=en", "open?lang=en"), ("open%2f", "open"), ("index.html/", "index.html")],
)
def test_an_address_with_a_slash_leads_to_the_page_below_whatever_path(site, path, leads_to):
    # It follows nothing.
    with closing(HTTPConnection(urllib.parse.urlsplit(site.url).netloc, timeout=30)) as connection:
        connection.request("GET", f"/{path}")
        moved = connection.getresponse()
    location = moved.headers["location"]
    assert moved.status in (301, 307) and not location.startswith("/"), location
    for root in ("https://board.example/", "https://board.example/below/"):
        asked = root + path
        assert urllib.parse.urljoin(asked, location) == root + leads_to, location
