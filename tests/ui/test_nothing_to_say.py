"""Pages where nothing is known or confirmed, or where the address asks for what there is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import expect

from benchmarks.wire import Tab
from closedloop.ui.registry import PAGES
from closedloop.ui.visit import SHARED
from tests.servers import Warehouse
from tests.ui.conftest import Site, serving
from tests.ui.streaming import sent, sign_in

#: Long before the demo's first day.
BEFORE = "as_of=2020-01-01T09:00&lang=en"
BEGINS = "Nothing is known of 2020-01-01 09:00: what was reported begins at"
ALL_IS_WELL = "check_circle"


def _texts(site: Site, page: str, query: str, who: str = "leadership") -> str:
    with Tab(site.url, sign_in(site.url, who)) as tab:
        return tab.open(page, query).texts()


@pytest.mark.parametrize("page", ["", "open", "findings", "loops", "daily", "station"])
def test_before_the_first_report_no_page_looks_like_a_quiet_city(page, site):
    shown = _texts(site, page, BEFORE + ("&station=S03" if page == "station" else ""))
    assert BEGINS in shown
    assert ALL_IS_WELL not in shown
    assert "class='cl-value'>0<" not in shown


def test_before_the_first_report_no_source_is_loaded(site):
    shown = _texts(site, "station", f"{BEFORE}&station=S03")
    assert "Not reported" in shown
    assert ">2020-01-01 09:00<" not in shown, "the moment looked at is no moment that anybody reported"


def test_at_the_latest_moment_nobody_is_told_where_data_begin(site):
    assert "what was reported begins" not in _texts(site, "", "lang=en")


@pytest.fixture(scope="module")
def unconfirmed(
    city: Warehouse, make_warehouse: Callable[..., Warehouse], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A bureau's first days: nobody has confirmed any limit yet."""
    made = make_warehouse(of=city)
    with made.connect() as connection:
        connection.execute("update marts.fct_sla_targets set is_confirmed = false")
        connection.commit()
    with serving(made, tmp_path_factory.mktemp("unconfirmed")) as running:
        yield running


def test_today_says_how_many_items_no_limit_speaks_for(unconfirmed):
    with unconfirmed.warehouse.connect() as connection:
        (items,) = connection.execute(
            "select count(distinct work_item_id) from marts.fct_sla_targets as t "
            "inner join marts.fct_loop_stages as s using (work_item_id), marts.ops_status as o "
            "where t.started_at <= o.default_as_of and (t.ended_at > o.default_as_of or t.ended_at is null) "
            "and s.valid_from <= o.default_as_of and (s.valid_to > o.default_as_of or s.valid_to is null)"
        ).fetchone()
    shown = _texts(unconfirmed, "", "lang=en")
    assert f"{items:,} open items have no confirmed limit" in shown
    assert "Nothing is overdue." not in shown
    assert "No station has an overdue red item." not in shown
    with Tab(unconfirmed.url, sign_in(unconfirmed.url, "leadership")) as tab:
        links = [
            (link.page, link.query_string)
            for element in tab.open("", "lang=en").elements()
            if element.WhichOneof("type") == "page_link" and (link := element.page_link)
        ]
    assert any(page == "open" and "view=unconfirmed" in query for page, query in links)
    assert sum(page == "catalogue" for page, _ in links) >= 2, "the menu's, and where limits are confirmed"


def test_where_every_limit_is_confirmed_nothing_is_said_of_it(site):
    assert "no confirmed limit" not in _texts(site, "", "lang=en")


def test_a_link_to_another_station_is_answered_in_words_of_its_own(site, station_names):
    shown = _texts(site, "station", "station=S07&lang=en", "station-S03")
    assert f"not for you to see. Your own is shown: {station_names['S03'][1]}" in shown
    assert "ignored" not in shown
    own = _texts(site, "station", "station=S03&lang=en", "station-S03")
    assert "not for you to see" not in own


@pytest.mark.parametrize(
    ("page", "query", "said"),
    [
        ("trends", "metric=nope", "`metric=nope`"),
        ("open", "<b>=1", "`…`"),
        *((entry.address, "zone=x", "`zone=x`") for entry in PAGES),
    ],
)
def test_what_an_address_asks_in_vain_is_named(page, query, said, site):
    shown = _texts(site, page, f"{query}&lang=en")
    assert f"so it was ignored: {said}" in shown


_LINK = re.compile(r"href='([a-z]*)\?([^']*)'")


def test_no_link_of_ours_asks_in_vain(site):
    asks = {entry.address: {*SHARED, *entry.asks} for entry in PAGES}
    found = []
    with Tab(site.url, sign_in(site.url, "leadership")) as tab:
        for entry in PAGES:
            run = tab.open(entry.address, "station=S03&lang=en")
            links = _LINK.findall(run.texts())
            links += [
                (element.page_link.page, element.page_link.query_string)
                for element in run.elements()
                if element.WhichOneof("type") == "page_link"
            ]
            found += [
                (entry.key, page, name)
                for page, query in links
                if page in asks
                for name in parse_qs(unescape(query))
                if name not in asks[page]
            ]
            assert len(links) > 5, entry.key
    assert found == []


def test_the_open_list_offers_the_loops_that_have_open_items(site):
    with site.warehouse.connect() as connection:
        every = {loop for (loop,) in connection.execute("select loop from marts.dim_loops")}
        found = connection.execute("select distinct loop from marts.fct_work_items where is_open").fetchall()
    occurring = {loop for (loop,) in found}
    assert occurring < every, "the demo leaves no loop out: this says nothing any more"
    with Tab(site.url, sign_in(site.url, "leadership")) as tab:
        run = tab.open("open", "lang=en")
        offered = next(
            element.button_group
            for element in run.elements()
            if element.WhichOneof("type") == "button_group" and element.button_group.label == "Loop"
        )
    assert len(offered.options) == len(occurring)


def test_who_sees_counts_of_all_stations_is_not_promised_one(site):
    shown = sent(site.url, "", "lang=en").decode("utf-8", "replace")
    assert "Counts of every station on one screen, and no item." in shown


@pytest.mark.browser
def test_a_language_once_chosen_holds_at_the_next_address_typed(visit):
    visitor = visit(locale="zh-CN")
    page = visitor.sign_in("leadership")
    page.get_by_test_id("stSidebar").get_by_role("radio", name="English").click()
    expect(page.get_by_role("heading", name="Today", exact=True)).to_be_visible()
    visitor.open("open")
    expect(page.get_by_role("heading", name="Open and overdue", exact=True)).to_be_visible()
    page.get_by_test_id("stSidebar").get_by_role("radio", name="中文").click()
    expect(page.get_by_role("heading", name="未闭环", exact=True)).to_be_visible()
    visitor.open("open?lang=en")
    visitor.open("open")
    expect(page.get_by_role("heading", name="未闭环", exact=True)).to_be_visible()
