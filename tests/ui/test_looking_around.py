"""Going from figure to list to item, changing filters, moments and languages, and sending a link."""

from __future__ import annotations

import csv
import io
import re
import urllib.request
from collections import Counter
from itertools import chain, product, repeat
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from benchmarks.wire import Tab
from closedloop.ui.exports.registry import EXPORTS
from closedloop.ui.metric_cards import COURSE_DAYS
from closedloop.ui.registry import PAGES
from tests.ui.streaming import sent, sign_in

pytestmark = pytest.mark.browser


def _query(page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def _downloaded(site, query: str) -> list[list[str]]:
    """The rows of the download, without its heading and header."""
    request = urllib.request.Request(
        site.at(f"download/open.csv?{query}"), headers={"Cookie": sign_in(site.url, "leadership")}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        rows = list(csv.reader(io.StringIO(answer.read().decode("utf-8-sig"))))
    return rows[rows.index([]) + 2 :]


def _station_box(page):
    return page.get_by_test_id("stSidebar").get_by_test_id("stSelectbox").locator("input").first


def _choose_station(page, name: str) -> None:
    _station_box(page).click()
    page.get_by_role("option", name=name).click()


def test_signing_in_leads_back_to_the_page_that_was_wanted(visit):
    visitor = visit(locale="en-US")
    page = visitor.sign_in("leadership", "open?view=overdue&station=S02")
    expect(page.get_by_role("heading", name="Open and overdue")).to_be_visible()
    assert _query(page) == {"view": ["overdue"], "station": ["S02"]}
    # A reload keeps both the session and what was looked at.
    page.reload()
    expect(page.get_by_role("heading", name="Open and overdue")).to_be_visible()


def test_a_filter_goes_into_the_address_and_along_to_other_pages(visit, station_names):
    visitor = visit()
    page = visitor.sign_in("leadership")
    _choose_station(page, station_names["S02"][0])
    expect(page).to_have_url(re.compile(r"station=S02"))
    visitor.settled()
    for name in ("闭环状态", "未闭环", "数据", "今日要情"):
        visitor.choose(name)
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        visitor.settled()
        assert _query(page)["station"] == ["S02"], name
        expect(_station_box(page)).to_have_value(station_names["S02"][0])
    # One step back is the page before, with its filter.
    page.go_back()
    expect(page.get_by_role("heading", name="数据", exact=True)).to_be_visible()
    assert _query(page)["station"] == ["S02"]


def test_a_link_shows_a_colleague_the_same(visit, site):
    address = "open?view=overdue&colour=red&colour=yellow&loop=directive&station=S05&lang=en"
    first, second = visit(locale="zh-CN"), visit(locale="en-US")
    texts = []
    for visitor in (first, second):
        page = visitor.sign_in("leadership", address)
        expect(page.get_by_role("heading", name="Open and overdue")).to_be_visible()
        # Not the whole page: a grid draws its own texts when it gets round to it.
        chosen = page.get_by_test_id("stExpander").locator("summary").first
        parts = page.get_by_role("radiogroup", name="Deadlines")
        expect(chosen).to_contain_text("Directive")
        expect(parts.get_by_role("radio", name=re.compile("^Overdue"))).to_be_checked()
        texts.append((chosen.inner_text(), parts.inner_text()))
    assert texts[0] == texts[1]
    assert all(word in texts[0][0] for word in ("Directive", "Red", "Yellow"))


def test_the_browser_chooses_the_language_and_the_switch_changes_it(visit):
    visitor = visit(locale="en-GB")
    page = visitor.sign_in("leadership")
    expect(page.get_by_role("heading", name="Today", exact=True)).to_be_visible()
    page.get_by_test_id("stSidebar").get_by_role("radio", name="中文").click()
    expect(page.get_by_role("heading", name="今日要情", exact=True)).to_be_visible()
    assert _query(page)["lang"] == ["zh"]
    visitor.choose("未闭环")
    expect(page.get_by_role("heading", name="未闭环", exact=True)).to_be_visible()
    page.get_by_test_id("stSidebar").get_by_role("radio", name="English").click()
    expect(page.get_by_role("heading", name="Open and overdue", exact=True)).to_be_visible()
    assert "lang" not in _query(page), "the browser's own language needs no parameter"


def test_a_figure_leads_to_its_list_and_a_row_to_its_item(regular):
    page = regular(locale="en-US").page
    card = page.locator(".st-key-card_overdue")
    shown = int(card.locator(".cl-value").inner_text().split()[0].replace(",", ""))
    assert shown > 0
    card.get_by_role("link", name="Overdue items").click()
    expect(page.get_by_role("heading", name="Open and overdue")).to_be_visible()
    expect(page.get_by_role("radio", name=f"Overdue {shown:,}")).to_be_checked()

    page.go_back()
    row = page.get_by_role("list", name="Overdue, worst first").get_by_role("link").first
    href = row.get_attribute("href")
    assert href.startswith("item?") and "item=" in href, "a row is a link that can be copied"
    title = row.locator(".title").inner_text()
    row.click()
    expect(page.get_by_role("heading", name="Work item")).to_be_visible()
    expect(page.locator(".cl-title")).to_have_text(title)
    expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    expect(page.locator(".cl-event .cl-source").first).to_contain_text("row")


def test_a_number_in_the_table_opens_its_item(regular, site):
    visitor = regular("open?view=overdue", locale="en-US")
    page = visitor.page
    table = page.get_by_test_id("stDataFrame")
    expect(table).to_be_visible()
    visitor.settled()
    first = _downloaded(site, "view=overdue&lang=en")[0][0]
    opened = page.get_by_role("heading", name="Work item")
    for _ in range(8):
        # The grid is a canvas: nothing tells when it has drawn its rows, and a click before that hits none.
        table.click(position={"x": 40, "y": 52})
        try:
            expect(opened).to_be_visible(timeout=8_000)
            break
        except AssertionError:
            continue
    expect(opened).to_be_visible()
    expect(page.locator(".cl-head")).to_contain_text(first)
    assert _query(page)["item"]


def test_every_figure_explains_itself(regular):
    page = regular(locale="en-US").page
    cards = page.locator("[class*=st-key-card_]")
    assert cards.count() == 5
    for index in range(cards.count()):
        cards.nth(index).get_by_role("button").first.click()
        opened = page.get_by_test_id("stPopoverBody")
        expect(opened).to_contain_text("As of")
        expect(opened).to_contain_text("Loaded until")
        page.keyboard.press("Escape")
        expect(opened).to_have_count(0)
    metric = page.locator("section.card").first
    metric.locator("summary").click()
    expect(metric.locator("details")).to_contain_text("n =")
    expect(metric.locator("details table tbody tr")).to_have_count(COURSE_DAYS)


def test_a_past_moment_shows_how_things_stood_then(regular, city):
    with city.connect() as connection:
        moment, open_items = connection.execute(
            """
            select to_char(moment at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI'), count(*)
            from (select date_trunc('hour', default_as_of) - interval '40 days' as moment
                  from marts.ops_status) as asked
            join marts.fct_loop_stages
                on is_open and valid_from <= moment and (valid_to > moment or valid_to is null)
            group by moment
            """
        ).fetchone()
    page = regular(f"open?as_of={moment}", locale="en-US").page
    expect(page.get_by_text("by the events' own times")).to_be_visible()
    expect(page.get_by_role("radio", name=f"All {open_items:,}", exact=True)).to_be_visible()


def test_a_station_that_did_not_report_is_named_and_not_counted_as_zero(regular, site, city):
    with city.connect() as connection:
        silent = connection.execute(
            "select distinct name_zh from marts.ops_coverage join marts.dim_stations using (station_id) "
            "where is_unreported and source_table = 'incidents'"
        ).fetchall()
    assert silent, "one station of the demo misses its export"
    page = regular().page
    expect(page.get_by_test_id("stTable")).to_contain_text(silent[0][0])
    expect(page.locator("section.card").first).to_contain_text("1 所未报")
    received = sent(site.url, "data", "lang=zh", sign_in(site.url, "leadership")).decode(errors="ignore")
    assert "未报，止于" in received and silent[0][0] in received


def test_the_download_has_what_the_page_shows_and_says_so(regular, site):
    page = regular("open?view=overdue&colour=red", locale="en-US").page
    shown = int(re.search(r"Overdue (\d+)", page.get_by_role("radio", name="Overdue").first.inner_text())[1])
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    with open(download.value.path(), encoding="utf-8") as file:
        text = file.read()
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    heading = {row[0]: row[1] for row in rows[: rows.index([])]}
    assert heading["For"] == "Leadership of the city"
    assert heading["Rows"] == str(shown) == str(len(rows) - rows.index([]) - 2)
    assert "Overdue" in heading["Filters"] and "Red" in heading["Filters"]
    assert heading["As of"] and heading["Build"] and heading["Made at"]


def test_signing_out_ends_the_session_in_every_tab(visit):
    visitor = visit(locale="en-US")
    page = visitor.sign_in("leadership")
    other = visitor.context.new_page()
    other.goto(visitor.site.at("open"))
    expect(other.get_by_role("heading", name="Open and overdue")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("button[name=who]").first).to_be_visible()
    # The other tab still has its connection, and loses the session with the next thing it asks.
    other.get_by_role("radio", name=re.compile("^Overdue")).click()
    expect(other.locator("button[name=who]").first).to_be_visible()
    expect(other.get_by_test_id("stDataFrame")).to_have_count(0)


HOSTILE = [
    "station=%00&as_of=%00&from=%00&to=x&lang=%F0%9F%92%A9",
    "as_of=9999-99-99T99:99&from=0000-00-00&to=9999-12-31",
    "as_of=2000-01-02T00:00&from=2000-01-01&to=2000-01-01",
    "view=%27%3B--&colour=%3Cscript%3Ealert(1)%3C/script%3E&loop=*&stage=a:b:c&target=:::&holder=root&age=-1",
    "item=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E&only=%2e%2e%2f",
    "item=" + "x" * 1500,
    "station=S01&station=S02&station=S03&lang=en&lang=zh&view=all&view=overdue",
]


def test_no_address_breaks_a_page(site):
    """As the page is sent, drawn or not: every page with every address."""
    with Tab(site.url, sign_in(site.url, "leadership")) as tab:
        for entry, query in product(PAGES, HOSTILE):
            run = tab.open(entry.address, query)
            kinds = Counter(element.WhichOneof("type") for element in run.elements())
            assert kinds["heading"] and not kinds["exception"], f"{entry.key}?{query}"
            assert b"page_failed" not in run.received, f"{entry.key}?{query}"


def test_no_address_runs_a_script_in_the_browser_or_leaves_a_page_empty(visit):
    visitor = visit(locale="en-US")
    page = visitor.sign_in("leadership")
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    for number, query in enumerate(HOSTILE):
        # Every page gets one of the addresses, every address some of the pages: one as it is typed, the
        # others as Back and Forward come to them.
        pages = PAGES[number :: len(HOSTILE)]
        for go, entry in zip(chain([visitor.open], repeat(visitor.turn_to)), pages, strict=False):
            go(f"{entry.address}?{query}")
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            expect(page.get_by_test_id("stException")).to_have_count(0)
        assert visitor.errors == [], query


@pytest.mark.parametrize("key", EXPORTS)
@pytest.mark.parametrize("who", ("leadership", "station-S03"))
def test_every_download_survives_the_same_addresses_and_a_time_without_anything(who, key, site):
    cookie = sign_in(site.url, who)
    before = "as_of=2023-05-02T08:00&from=2023-05-01&to=2023-05-01"
    long_ago = [f"{before}{more}" for more in ("", "&by=category", "&by=severity", "&by=station")]
    place = list(EXPORTS).index(key)
    for query in (*long_ago, "as_of=2000-01-02T00:00", *HOSTILE[place % 3 :: 3]):
        request = urllib.request.Request(site.at(f"download/{key}.csv?{query}"), headers={"Cookie": cookie})
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert answer.status == 200, query


def test_what_an_address_asks_for_and_does_not_get_is_said(regular):
    visitor = regular("loops?station=S99&as_of=2099-01-01T00:00&to=tomorrow", locale="en-US")
    page = visitor.page
    notice = page.get_by_text("No filter of this page, or none of its values")
    expect(notice).to_contain_text("station=S99, as_of=2099-01-01T00:00, to=tomorrow")
    visitor.open("loops?station=S07&as_of=2025-04-01T08:00&lang=en")
    expect(notice).to_have_count(0)
