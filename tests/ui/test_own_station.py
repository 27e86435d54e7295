"""A station head sees one station, on every page and whatever the address asks for."""

from __future__ import annotations

import urllib.request

import pytest
from playwright.sync_api import expect

from closedloop.ui.exports.registry import EXPORTS
from closedloop.ui.registry import PAGES
from tests.ui.streaming import sent, sign_in

OTHERS = "S01"
FORGED = [
    "",
    f"station={OTHERS}",
    "station=*",
    "station=UNASSIGNED",
    f"station=S03&station={OTHERS}",
    "station=S03%27%20or%20%271%27%3D%271",
    f"view=all&holder=station&station={OTHERS}&lang=en",
]


@pytest.fixture(scope="module")
def foreign_item(city) -> tuple[str, str]:
    """An open item of another station: its id and its title."""
    with city.connect() as connection:
        return connection.execute(
            "select work_item_id, title from marts.fct_work_items "
            "where station_id = %s and is_open and title is not null order by work_item_id limit 1",
            [OTHERS],
        ).fetchone()


@pytest.mark.parametrize("query", FORGED)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.key)
def test_no_other_station_is_on_the_wire(page, query, site, station_names, foreign_item):
    cookie = sign_in(site.url, "station-S03")
    if page.key == "item":
        query = f"{query}&item={foreign_item[0]}"
    received = sent(site.url, page.address, query, cookie)
    assert b"sign-out" in received, "the page was not shown at all"
    for station, names in station_names.items():
        if station != "S03":
            assert not [name for name in names if name.encode() in received], station
    assert foreign_item[1].encode() not in received


@pytest.mark.parametrize("key", EXPORTS)
def test_the_download_holds_the_own_station_only(key, site, station_names):
    cookie = sign_in(site.url, "station-S03")
    for query in FORGED:
        wide = f"{query}&from=2023-06-01&to=2025-04-24"
        request = urllib.request.Request(site.at(f"download/{key}.csv?{wide}"), headers={"Cookie": cookie})
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read().decode("utf-8-sig")
        own = station_names["S03"]
        assert own[0] in text or own[1] in text
        for station, names in station_names.items():
            if station != "S03":
                assert not [name for name in names if name in text], (station, query)


@pytest.mark.browser
def test_an_item_of_another_station_might_as_well_not_exist(visit, foreign_item):
    visitor = visit(locale="en-US")
    page = visitor.sign_in("station-S03", f"item?item={foreign_item[0]}")
    expect(page.get_by_text("or it is not yours to see")).to_be_visible()
    assert foreign_item[1] not in page.inner_text("body")
    visitor.open("item?item=directive:does-not-exist")
    expect(page.get_by_text("or it is not yours to see")).to_be_visible()


@pytest.mark.browser
def test_the_other_head_sees_the_other_station(visit, station_names):
    visitor = visit()
    page = visitor.sign_in("station-S07")
    expect(page.get_by_role("heading", name="今日待办")).to_be_visible()
    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar).to_contain_text(station_names["S07"][0])
    assert station_names["S03"][0] not in page.inner_text("body")
    # Nothing of other stations to compare with, and no choice among stations.
    expect(page.get_by_text("有红色超期事项的派出所")).to_have_count(0)
    expect(sidebar.get_by_text("全部派出所")).to_have_count(0)
