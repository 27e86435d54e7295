"""On a phone and on a desk, by day and by night: nothing sideways, nothing from elsewhere, nothing broken."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from closedloop.ui.registry import PAGES

pytestmark = pytest.mark.browser

#: How far the document and the page's own scrolling part reach beyond what is visible.
_SIDEWAYS = """() => [document.scrollingElement, document.querySelector("[data-testid=stMain]")]
    .map((part) => part.scrollWidth - part.clientWidth)"""


@pytest.fixture(scope="module")
def some_item(city) -> str:
    """The item with the longest story."""
    with city.connect() as connection:
        return connection.execute(
            "select work_item_id from marts.fct_work_items where is_open order by events desc limit 1"
        ).fetchone()[0]


#: Every width in both languages and by day and night, every language by day and night: each pair once.
_PAIRS = [
    (390, "zh-CN", "light"),
    (390, "en-US", "dark"),
    (1440, "zh-CN", "dark"),
    (1440, "en-US", "light"),
]


@pytest.mark.parametrize(("width", "locale", "scheme"), _PAIRS)
def test_every_page_fits_its_window(width, locale, scheme, visit, some_item):
    visitor = visit(locale=locale, width=width, height=900, scheme=scheme)
    page = visitor.sign_in("leadership")
    for entry in PAGES:
        address = f"item?item={some_item}" if entry.key == "item" else entry.address
        visitor.open(address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert page.evaluate(_SIDEWAYS) == [0, 0], entry.key
        expect(page.get_by_test_id("stException")).to_have_count(0)
    assert visitor.errors == []
    assert visitor.foreign == [], "a page asked another host for something"


@pytest.mark.parametrize("who", ["station-S03", "analyst"])
def test_every_role_gets_every_page(who, visit):
    visitor = visit(locale="en-US", width=390, height=800)
    page = visitor.sign_in(who)
    for entry in PAGES:
        visitor.open(entry.address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert page.evaluate(_SIDEWAYS) == [0, 0], entry.key
    assert visitor.errors == []


def test_a_colour_is_never_said_by_colour_alone(visit):
    visitor = visit()
    page = visitor.sign_in("leadership")
    marks = page.get_by_role("list", name="超期，最急在前").locator(".mark")
    for text in marks.all_inner_texts():
        assert any(
            word in text for word in ("红色", "黄色", "蓝色", "指令", "警情", "纠纷", "分流", "隐患")
        ), text
    parts = page.locator(".st-key-card_overdue .cl-parts").inner_text()
    assert "● 红色" in parts and "◆ 黄色" in parts and "■ 蓝色" in parts
