"""The wall: one screen of counts that keeps itself up to date, for whoever passes by."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from closedloop.access.entrance import end_session
from tests.servers import Warehouse
from tests.ui.conftest import Site, Visitor, serving
from tests.ui.looking import sideways, untranslated, violations

pytestmark = pytest.mark.browser

_SCREEN = {"width": 1920, "height": 1080}


@pytest.fixture(scope="module")
def own(make_warehouse: Callable[..., Warehouse], city: Warehouse) -> Warehouse:
    """A warehouse of this module's own: it is taken away and given back."""
    return make_warehouse(of=city)


@pytest.fixture(scope="module")
def hall(own: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A page server whose walls look for newer figures every second."""
    with serving(own, tmp_path_factory.mktemp("wall"), {"CLOSEDLOOP_WALL_SECONDS": "1"}) as site:
        yield site


def _hang(visitor: Visitor, who: str = "wall", address: str = "?lang=zh") -> Page:
    page = visitor.page
    page.set_viewport_size(_SCREEN)
    page.goto(visitor.site.at(address))
    page.locator(f"button[name=who][value='{who}']").click()
    expect(page.locator(".cl-wall-grid")).to_be_visible()
    return page


def _counts(text: str) -> str:
    """What the wall shows, without the minute it was refreshed."""
    return re.sub(r"\d\d:\d\d 刷新", "", text)


def test_the_wall_counts_every_station_once_and_fits_its_screen(hall, own, visit):
    with own.connect() as connection:
        open_items, overdue, red, stations = connection.execute(
            """
            with last as (
                select coverage.station_id, loops.loop, least(
                    (coverage.known_until at time zone 'Asia/Shanghai')::date,
                    (status.default_as_of at time zone 'Asia/Shanghai')::date) - 1 as day
                from marts.ops_coverage as coverage
                cross join marts.ops_status as status
                inner join marts.dim_loops as loops using (source_table)
            )
            select
                sum(open_items), sum(overdue_items), sum(overdue_items) filter (where severity = 'red'),
                (select count(*) from marts.dim_stations where station_id <> 'UNASSIGNED')
            from marts.rollup_loop_daily as cells
            inner join last
                on cells.station_id = last.station_id and cells.loop = last.loop and metric_date = day
            """
        ).fetchone()
    visitor = visit(to=hall)
    page = _hang(visitor)
    assert page.locator(".cl-wall-figure").inner_text() == f"{overdue:,}"
    assert page.locator(".cl-wall-colours .cl-red b").inner_text() == f"{red:,}"
    expect(page.get_by_text(f"未闭环事项共 {open_items:,} 件")).to_be_visible()
    expect(page.locator(".cl-wall-grid tbody tr")).to_have_count(stations)
    assert page.evaluate("document.querySelector('.cl-wall').getBoundingClientRect().bottom") <= 1080
    assert sideways(page) == [0, 0]
    assert violations(page) == []
    text = page.inner_text("body")
    assert untranslated(text.splitlines(), "zh", frozenset()) == []
    assert page.locator("[data-testid=stMain]").locator("a, button, input").count() == 0, "no controls"
    assert visitor.errors == []


def test_the_wall_names_no_item_and_no_place(hall, own, visit):
    page = _hang(visit(to=hall))
    with own.connect() as connection:
        words = connection.execute(
            "select item_id from marts.fct_work_items where is_open union "
            "select title from marts.fct_work_items where is_open union select place from marts.dim_places"
        ).fetchall()
    shown = page.content()
    assert [word for (word,) in words if word and len(word) > 4 and word in shown] == []


def test_leadership_sees_the_same_wall(hall, visit):
    walls = [_hang(visit(to=hall)), _hang(visit(to=hall), "leadership", "?view=wall&lang=zh")]
    first, second = (_counts(page.locator(".cl-wall-body").inner_text()) for page in walls)
    assert first == second


def test_whoever_loses_the_right_loses_the_figures(hall, own, visit):
    visitor = visit(to=hall)
    page = _hang(visitor)
    with own.connect() as connection:
        sessions = connection.execute(
            "select session_id from access.sessions where ended_at is null and subject = 'wall'"
        ).fetchall()
    with own.in_environment():
        for (session,) in sessions:
            end_session(session)
    expect(page.locator("button[name=who]").first).to_be_visible()
    expect(page.locator(".cl-wall-grid")).to_have_count(0)


def test_without_a_warehouse_the_last_figures_stay_and_say_that_they_stopped(hall, own, city, visit):
    page = _hang(visit(to=hall))
    before = page.locator(".cl-wall-body").inner_text()
    away = f"{own.database}_away"
    _rename(city, own.database, away)
    try:
        expect(page.get_by_text(re.compile("停止更新"))).to_be_visible()
        assert page.locator(".cl-wall-body").inner_text() == before
    finally:
        _rename(city, away, own.database)
    expect(page.get_by_text(re.compile("停止更新"))).to_have_count(0)
    assert page.locator(".cl-wall-body").inner_text() == before


def _rename(city: Warehouse, database: str, to: str) -> None:
    with city.server.admin() as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (database,)
        )
        connection.execute(f'alter database "{database}" rename to "{to}"')
