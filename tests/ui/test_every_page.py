"""Every page, in both languages, on a desk and on a phone, by day and by night: for everybody to read.

One visit per page and language checks everything at once; window and time of day change under the open page.
What no language changes, colours and what a phone hides or moves, is looked at in one.
"""

from __future__ import annotations

import csv
import io
import re
import urllib.request

import fastexcel
import pytest
from playwright.sync_api import Page, expect

from closedloop.settings import PROJECT_ROOT
from closedloop.ui.document import CODES
from closedloop.ui.exports.registry import EXPORTS
from closedloop.ui.registry import PAGES
from tests.ui.looking import charts_of, show, sideways, texts_of, untranslated, violations
from tests.ui.streaming import sign_in

_IGNORED = {"zh": "已忽略", "en": "so it was ignored"}
_DRAWS = re.compile(r"\bst\.(?:\w+_chart|map|pyplot)\(")
_DESK, _PHONE = (1440, 900), (390, 844)
#: How a page is shown, and the rules looked at then. In Chinese every way of showing it; the English page has
#: the same parts and colours, and longer texts.
_SHOWN = {
    "zh": (
        (_DESK, "light", "all"),
        (_DESK, "dark", "colours"),
        (_PHONE, "dark", "colours"),
        (_PHONE, "light", "all"),
    ),
    "en": ((_DESK, "light", "all"), (_PHONE, "light", "lengths")),
}


@pytest.fixture(scope="module")
def addresses(item_and_place) -> dict[str, str]:
    """An address for every page, and further ones for what a page shows besides: a place, nothing found."""
    item, place = item_and_place
    return {
        **{entry.key: entry.address for entry in PAGES},
        "item": f"item?item={item}",
        "item unknown": "item?item=none",
        "place": f"places?place={place}",
        "station": "station?station=S03",
        "closing": "closing?show=directive&show=incident",
        "not for leadership": "accounts",
        "nothing open": "open?station=S05&stage=directive:receive&colour=none",
    }


@pytest.fixture(scope="module")
def recorded(city) -> frozenset[str]:
    """Names that the records give in one language only: what stands in them is no text of the interface."""
    with city.connect() as connection:
        found = connection.execute("select place from marts.dim_places where not is_small_home").fetchall()
    return frozenset(name for (name,) in found if name)


@pytest.fixture(scope="module")
def fresh(city) -> tuple[str, ...]:
    """What must be known before a figure is believed: loaded until, built at, tests."""
    with city.connect() as connection:
        return connection.execute(
            """
            select
                to_char(default_as_of at time zone time_zone, 'YYYY-MM-DD HH24:MI'),
                to_char(built_at at time zone time_zone, 'YYYY-MM-DD HH24:MI'),
                tests::text
            from marts.ops_status
            """
        ).fetchone()


def _wrong(page: Page, language: str, recorded: frozenset[str], fresh: tuple[str, ...]) -> list[str]:
    """What is wrong with the open page, whatever the window."""
    said = page.locator(".st-key-freshness").inner_text()
    return [
        *(f"does not say how fresh it is: {fact}" for fact in fresh if fact not in said),
        *(
            ["takes its own filter for an unknown one"]
            if page.get_by_text(_IGNORED[language]).count()
            else []
        ),
        *(f"not translated: {text}" for text in untranslated(texts_of(page), language, recorded)),
        *(f"a chart without name or table: {one}" for one in charts_of(page) if not all(one.values())),
    ]


@pytest.mark.browser
@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_every_page_can_be_read_by_everybody(locale, visit, addresses, recorded, fresh):
    visitor = visit(locale=locale)
    page = visitor.sign_in("leadership")
    found = []
    ways = _SHOWN[locale[:2]]
    for name, address in addresses.items():
        # As the page before was shown last, and from there back: no way of showing it is gone twice.
        visitor.turn_to(address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator("html")).to_have_attribute("lang", CODES[locale[:2]])
        found += [f"{name}: {wrong}" for wrong in _wrong(page, locale[:2], recorded, fresh)]
        for window, scheme, rules in ways:
            show(page, *window, scheme)
            at = f"{name} {window[0]} {scheme}"
            found += [f"{at}: {one}" for one in violations(page, rules)]
            if sideways(page) != [0, 0]:
                found.append(f"{at}: {sideways(page)} too wide")
        ways = ways[::-1]
    assert found == []
    assert visitor.errors == []
    assert visitor.foreign == [], "a page asked another host for something"


@pytest.mark.browser
@pytest.mark.parametrize("who", ["station-S03", "analyst"])
def test_every_page_of_another_part_fits_a_phone(who, visit, fresh):
    visitor = visit(locale="en-US", width=390, height=800)
    page = visitor.sign_in(who)
    for entry in PAGES:
        visitor.turn_to(entry.address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert sideways(page) == [0, 0], entry.key
        assert fresh[0] in page.locator(".st-key-freshness").inner_text()
    assert visitor.errors == []


@pytest.mark.browser
@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_the_sign_in_can_be_read_by_everybody(locale, visit):
    visitor = visit(locale=locale)
    page = visitor.open("open")
    expect(page.locator("button[name=who]").first).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", CODES[locale[:2]])
    assert untranslated(texts_of(page), locale[:2], frozenset()) == []
    for window, scheme, _ in _SHOWN["zh"]:
        show(page, *window, scheme)
        assert violations(page) == []
        assert sideways(page) == [0, 0]


@pytest.mark.browser
def test_on_a_phone_one_control_opens_every_page(regular):
    visitor = regular(locale="zh-CN", width=390, height=844)
    page = visitor.page
    menu = page.locator(".st-key-menu")
    expect(menu.get_by_role("button", name="今日要情")).to_be_visible()
    assert menu.bounding_box()["height"] < 60, "one line"
    visitor.choose("趋势")
    expect(page.get_by_role("heading", level=1, name="趋势")).to_be_visible()
    expect(menu.get_by_role("button", name="趋势")).to_be_visible()


@pytest.mark.browser
def test_a_colour_is_never_said_by_colour_alone(regular):
    page = regular().page
    marks = page.get_by_role("list", name="超期，最急在前").locator(".mark")
    for text in marks.all_inner_texts():
        assert any(
            word in text for word in ("红色", "黄色", "蓝色", "指令", "警情", "纠纷", "分流", "隐患")
        ), text
    parts = page.locator(".st-key-card_overdue .cl-parts").inner_text()
    assert "● 红色" in parts and "◆ 黄色" in parts and "■ 蓝色" in parts


def test_a_chart_is_drawn_in_one_place_only():
    """That place refuses a chart without a table."""
    drawn = [
        path.relative_to(PROJECT_ROOT).as_posix()
        for folder in ("pages", "closedloop")
        for path in (PROJECT_ROOT / folder).rglob("*.py")
        if _DRAWS.search(path.read_text(encoding="utf-8"))
    ]
    assert drawn == ["closedloop/ui/chart.py"]


@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_every_download_says_how_fresh_it_is_in_its_language(form, locale, site, fresh, recorded):
    cookie, language = sign_in(site.url, "leadership"), locale[:2]
    for key in EXPORTS:
        address = site.at(f"download/{key}.{form}?lang={language}")
        request = urllib.request.Request(address, headers={"Cookie": cookie})
        with urllib.request.urlopen(request, timeout=60) as answer:
            rows = _rows(answer.read(), form)
        end = next(at for at, row in enumerate(rows) if not any(row))
        heading = " ".join(text for row in rows[:end] for text in row)
        assert [fact for fact in fresh if fact not in heading] == [], key
        said = [text for row in (*rows[:end], rows[end + 1]) for text in row if text]
        assert untranslated(said, language, recorded) == [], key


def _rows(content: bytes, form: str) -> list[list[str]]:
    if form == "csv":
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    sheet = fastexcel.read_excel(content).load_sheet(0, header_row=None, dtypes="string").to_polars()
    return [[value or "" for value in row] for row in sheet.rows()]
