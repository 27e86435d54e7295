"""The daily incident table: every open incident, on screen, on paper and as a file."""

from __future__ import annotations

import re
import urllib.request

import fastexcel
import pytest
from playwright.sync_api import expect

from tests.servers import Warehouse
from tests.ui.streaming import sign_in

#: Asked of the marts without the query under test: what stands open at the moment that loads cover.
_OPEN = """
select incidents.source_no, states.station_id
from marts.fct_loop_stages as states
join marts.fct_incidents as incidents using (work_item_id)
cross join marts.ops_status as published
where states.is_open
    and states.valid_from <= published.default_as_of
    and (states.valid_to is null or states.valid_to > published.default_as_of)
"""


@pytest.fixture(scope="module")
def open_numbers(city: Warehouse) -> dict[str, str]:
    """Number of each open incident and its station."""
    with city.connect() as connection:
        found = dict(connection.execute(_OPEN).fetchall())
    assert len(set(found.values())) > 1, "the city has open incidents at several stations"
    return found


@pytest.mark.browser
def test_the_page_shows_every_open_incident_and_prints_without_the_rest(regular, open_numbers) -> None:
    visitor = regular("daily", width=1200)
    page = visitor.page
    rows = page.locator("table.cl-daily tbody tr")
    expect(rows).to_have_count(len(open_numbers))
    assert set(page.locator("table.cl-daily td:first-child a").all_inner_texts()) == set(open_numbers)
    expect(page.locator(".cl-print-head")).to_be_hidden()

    page.emulate_media(media="print")
    expect(page.locator(".cl-print-head")).to_contain_text("每日警情分析表")
    for gone in ("[data-testid=stSidebar]", ".st-key-menu", ".st-key-screen", "[data-testid=stHeader]"):
        expect(page.locator(gone)).to_be_hidden()
    expect(rows.last).to_be_visible()
    page.emulate_media(media="screen")

    page.locator("table.cl-daily td:first-child a").first.click()
    expect(page).to_have_url(re.compile(r"/item\?"))
    visitor.settled()
    assert visitor.errors == [] and visitor.foreign == []


@pytest.mark.browser
def test_a_phone_shows_it_without_scrolling_sideways(regular) -> None:
    page = regular("daily", locale="en-US", width=390).page
    expect(page.locator("table.cl-daily").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def _header_row(sheet) -> int:
    """Which row of a downloaded sheet holds the headers: the first below the heading's empty line."""
    return next(number for number, row in enumerate(sheet.iter_rows()) if "编号" in row)


@pytest.mark.parametrize("who", ["leadership", "station-S03"])
def test_the_workbook_has_the_same_rows(who: str, site, open_numbers, station_names, tmp_path) -> None:
    cookie = sign_in(site.url, who)
    request = urllib.request.Request(site.at("download/daily.xlsx?lang=zh"), headers={"Cookie": cookie})
    with urllib.request.urlopen(request, timeout=60) as answer:
        (tmp_path / "daily.xlsx").write_bytes(answer.read())
    book = fastexcel.read_excel(tmp_path / "daily.xlsx")
    above = book.load_sheet(0, header_row=None, dtypes="string").to_polars()
    frame = book.load_sheet(0, header_row=_header_row(above), dtypes="string").to_polars()
    station = who.partition("-")[2]
    wanted = {number: at for number, at in open_numbers.items() if not station or at == station}
    names = {number: station_names[at][0] for number, at in wanted.items()}
    assert dict(zip(frame["编号"], frame["派出所"], strict=True)) == names
